import { type ErrorData, errorCatalogue, type FieldError, type PortRange } from './generated/contract.ts';

export type { FieldError };

/** The name of an error in the catalogue; PowerShell uses it as the error's id. */
export type ErrorName = keyof typeof errorCatalogue;

/** The facts that travel with an error. */
export type ErrorFacts = Omit<ErrorData, 'name' | 'errors'>;

/** Where the system gave a code of its own world, or none. */
const usualCode: Partial<Record<ErrorName, string>> = {
  PortInUse: 'EADDRINUSE',
  AccessDenied: 'EACCES',
  NotFound: 'ENOENT',
};

/** A failure the user should see: one of the catalogue's names, a full sentence, and what to do about it. */
export class ServiceError extends Error {
  readonly errorName: ErrorName;
  readonly facts: ErrorFacts;
  /** What is known to be refused along with `facts.port`: a search goes on behind it. */
  taken?: PortRange;

  /** @param facts.osCode a number on some systems, and a text to everybody */
  constructor(
    errorName: ErrorName,
    message: string,
    { osCode, ...facts }: Omit<ErrorFacts, 'osCode'> & { osCode?: string | number } = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ServiceError';
    this.errorName = errorName;
    this.facts = { ...facts, ...(osCode !== undefined && { osCode: String(osCode) }) };
  }

  /** The number on the wire. */
  get number(): number {
    return errorCatalogue[this.errorName].code;
  }

  /**
   * What Node's own errors have here: `EADDRINUSE` where somebody has the port, `EACCES` where a permission is missing,
   * `ENOENT` where there is no such thing, or the system's code where that is one of these words.
   */
  get code(): string | undefined {
    const { osCode } = this.facts;
    return osCode !== undefined && /^E[A-Z0-9]+$/.test(osCode) ? osCode : usualCode[this.errorName];
  }
}

const shortages: Record<string, string> = {
  EMFILE: 'This process has too many files open.',
  ENFILE: 'The whole system is out of open files.',
};

/**
 * The error for what a program meets that loads its parts, anywhere: want of open files, and native code that cannot be had
 * (`NativePartError`).
 */
export function loadErrorOf(error: unknown): ServiceError | undefined {
  const { code, message = '', hint: wayOut } = (error ?? {}) as NodeJS.ErrnoException & { hint?: string };
  if (code === 'ERR_NATIVE_PART') return new ServiceError('NotSupported', message, { hint: wayOut }, error);
  // The system's loader says it in words alone.
  const osCode = code === 'ERR_DLOPEN_FAILED' && /Too many open files/i.test(message) ? 'EMFILE' : code;
  const what = shortages[osCode ?? ''];
  if (error instanceof ServiceError || what === undefined) return undefined;
  const hint = 'Raise the limit (ulimit -n, or LimitNOFILE= of a systemd service), or end what has so many open.';
  return new ServiceError('OsError', what, { osCode, hint }, error);
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
