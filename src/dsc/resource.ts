import type { Desired } from '../desired-state/items.ts';
import type { Existing } from '../desired-state/plan.ts';
import type { DscFilter, DscMetadata, PortRange, Protocol } from '../protocol/generated/contract.ts';
import type { Present } from '../service/present.ts';

/** What the engine itself knows of an instance. */
export interface Instance {
  _exist?: boolean;
  _inDesiredState?: boolean | null;
  _name?: string;
  _metadata?: DscMetadata;
}

/** Tells of what could not be looked at. */
export type Warn = (message: string) => void;

/** What tells one thing from another. */
export interface Place {
  protocol: Protocol;
  startPort: number;
  numberOfPorts: number;
}

/** A thing that is, or is not to be, at its place. */
export type Part = Place & Instance;

export const rangeOf = ({ startPort, numberOfPorts }: Place): PortRange => ({ startPort, numberOfPorts });

/** A part of which nothing is there. */
export const absent = ({ protocol, startPort, numberOfPorts }: Place): Part => ({
  protocol,
  startPort,
  numberOfPorts,
  _exist: false,
});

/**
 * What is there, as a part.
 * @param range what was asked for, where somebody else's has more
 */
export function partOf({ kind, is }: Existing, range = is.range): Part {
  if (kind === 'exclusion') {
    const { protocol, range: _, administered: __, state, ...rest } = is;
    return { protocol, ...range, _exist: state !== 'lost', ...rest };
  }
  // The token is what lets a program in: what the engine is told stands in its logs, and in what it hands to agents.
  const { protocol, range: _, lifetime: __, token: ___, state, ...rest } = is;
  return { protocol, ...range, _exist: state !== 'lost', ...rest };
}

/**
 * What one type of resource knows of its instances: an instance is a document of the items that it asks for.
 * `run-operation.ts` makes the engine's operations of it.
 */
export interface Resource<T extends Instance> {
  /**
   * The instance that the input describes, with the defaults filled in.
   * @throws InvalidParamsError naming each field that breaks the schema, or what the schema cannot say
   */
  parse(input: unknown): T;
  /** The same as a document. What is left out stays as it is. */
  desired(instance: T): Desired;
  /** What is there, as far as the instance is about it. */
  present(instance: T): Promise<Present>;
  /** The instance made of its parts: those it lists in their order, and behind them what is to go. */
  instanceOf(instance: T, parts: readonly Part[]): T;
  /** The properties of the instance that are not as desired, where these of its parts are not. */
  differing(ofParts: readonly string[][]): string[];
  /** Whether an instance is a thing of its own, which can be deleted. */
  readonly canBeDeleted: boolean;
  /** Everything there is as one instance, where an instance may be about everything. */
  whole?(): Promise<T>;
  /**
   * What an export is to be limited to.
   * @throws InvalidParamsError
   */
  parseFilter(input: unknown): DscFilter;
  /** Every instance that agrees with the filter, as a configuration would ask for it. */
  all(filter: DscFilter): Promise<T[]>;
}

/** Whether the record has all that the filter asks for. */
export function agrees(
  { protocol, startPort, numberOfPorts, ...label }: DscFilter,
  record: { protocol: Protocol; range: PortRange; name?: string; document?: string },
): boolean {
  const wanted = Object.entries({ ...label, protocol, startPort, numberOfPorts }).filter(
    ([, value]) => value !== undefined,
  );
  const is: Record<string, unknown> = { ...record, ...record.range };
  return wanted.every(([property, value]) => is[property] === value);
}
