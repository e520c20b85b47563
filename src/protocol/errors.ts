import { errorCatalogue } from './generated/contract.ts';

/** The name of an error in the catalogue; PowerShell uses it as the error's id. */
export type ErrorName = keyof typeof errorCatalogue;

/** The facts that travel with an error. */
export interface ErrorFacts {
  /** What the reader can do about it, one sentence. */
  hint?: string;
  /** What it happened to: a range such as `tcp 5000-5009`, a token, a file. */
  target?: string;
  /** The one port that was refused, where it was one. */
  port?: number;
  /** The operating system's own code, such as `EACCES` or 1168. */
  osCode?: string | number;
  /** The system function that gave the code, such as `bind` or `CreatePersistentTcpPortReservation`. */
  osFunction?: string;
}

/** A failure the user should see: one of the catalogue's names, a full sentence, and what to do about it. */
export class ServiceError extends Error {
  readonly errorName: ErrorName;
  readonly facts: ErrorFacts;

  constructor(errorName: ErrorName, message: string, facts: ErrorFacts = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ServiceError';
    this.errorName = errorName;
    this.facts = facts;
  }

  /** The number on the wire. */
  get code(): number {
    return errorCatalogue[this.errorName].code;
  }
}

/** One field of the params that was refused. */
export interface FieldError {
  /** The field's path, such as `range.startPort`. */
  field: string;
  /** What is wrong and what is allowed, such as `must be 1 to 65535`. */
  message: string;
}

/** Params that break the contract (-32602): names each field, changes nothing. */
export class InvalidParamsError extends Error {
  readonly errors: FieldError[];

  constructor(errors: FieldError[]) {
    super(errors.map(({ field, message }) => (field ? `${field} ${message}` : message)).join('; '));
    this.name = 'InvalidParamsError';
    this.errors = errors;
  }
}
