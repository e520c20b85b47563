import type { DscMetadata } from '../protocol/generated/contract.ts';

/** What the engine itself knows of an instance. */
export interface Instance {
  _exist?: boolean;
  _inDesiredState?: boolean | null;
  _name?: string;
  _metadata?: DscMetadata;
}

/** Tells of what could not be looked at. */
export type Warn = (message: string) => void;

/** What set would do. */
export interface Plan<T> {
  /** The instance as it would be. */
  state: T;
  /** What would be done, one sentence each. */
  whatIf: string[];
}

/**
 * What one type of resource knows of its instances, `Asked` being those with the defaults filled in. `run-operation.ts`
 * makes the engine's operations of it.
 */
export interface Resource<T extends Instance, Asked extends T = T> {
  /**
   * The instance that the input describes.
   * @throws InvalidParamsError naming each field that breaks the schema, or what the schema cannot say
   */
  parse(input: unknown): Asked;
  /** The same instance as it is now; `_exist: false` where it is not there. */
  current(desired: Asked): Promise<T>;
  /** The properties in which it is not as desired. */
  differences(desired: Asked, current: T): string[];
  /** The current instance with `_inDesiredState` in its parts, where it has parts. */
  marked?(desired: Asked, current: T): T;
  /**
   * Makes it as desired.
   * @throws AggregateError of all that failed, where it has parts: the others are as desired then
   */
  apply(desired: Asked, current: T): Promise<void>;
  /** Where it is as desired already: does what a killed process recorded and left undone. */
  complete(): Promise<void>;
  /** What that would do. Changes nothing. */
  plan(desired: Asked, current: T): Promise<Plan<T>>;
  /**
   * Every instance there is, as a configuration would ask for it. Absent for a list: it is nothing of its own, which could
   * be exported or deleted.
   */
  all?(): Promise<T[]>;
}
