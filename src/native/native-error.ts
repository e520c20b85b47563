/** A function of the operating system failed. */
export class NativeError extends Error {
  /** The function, such as `bind` or `CreatePersistentTcpPortReservation`. */
  readonly function: string;
  /** The system's code: a number such as 1168, or its name where it has one, such as `EADDRINUSE`. */
  readonly code: number | string;

  constructor(osFunction: string, code: number | string, cause?: unknown) {
    super(`${osFunction} failed with ${code}`, cause === undefined ? undefined : { cause });
    this.name = 'NativeError';
    this.function = osFunction;
    this.code = code;
  }
}
