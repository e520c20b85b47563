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
  /** Where in a document it stands, counted from 1. */
  line?: number;
  column?: number;
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

/** A desired-state document that is wrong: names each fault with its line, changes nothing. */
export class DocumentError extends InvalidParamsError {
  constructor(errors: FieldError[]) {
    super(errors);
    this.name = 'DocumentError';
    this.message = errors.map(documentFault).join('; ');
  }
}

/** A fault of a document as it stands in a message: `line 3, column 5: reservations.0.startPort must be 1 to 65535`. */
function documentFault({ field, message, line, column }: FieldError): string {
  const place = line === undefined ? '' : `line ${line}, column ${column}: `;
  return `${place}${field || 'the document'} ${message}`;
}
