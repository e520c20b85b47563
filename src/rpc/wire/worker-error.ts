/** How a worker ended. */
export interface WorkerEnd {
  /** The exit code; null when a signal ended it. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** The last lines of its log. */
  lastLines: string[];
}

/** A failure of the worker or of the talk with it, none of the service's own errors. */
export class WorkerError extends Error {
  /** The number of the JSON-RPC error, when the worker answered. */
  readonly number: number | undefined;
  /** How the worker ended, when it is gone. */
  readonly end: WorkerEnd | undefined;

  constructor(message: string, { number, end, cause }: { number?: number; end?: WorkerEnd; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'WorkerError';
    this.number = number;
    this.end = end;
  }

  /** The system's code, such as `ENOENT`, where the worker could not be started. */
  get code(): string | undefined {
    const { code } = (this.cause ?? {}) as NodeJS.ErrnoException;
    return typeof code === 'string' ? code : undefined;
  }
}

/** The error for a worker, or a command that led to one, that is gone: why, its exit code and its last words. */
export function workerEnded(
  end: WorkerEnd,
  { reason, command, address }: { reason?: string; command?: string; address?: string } = {},
): WorkerError {
  const { exitCode, signal, lastLines } = end;
  const ending = reason ? `: ${reason}` : '.';
  if (address) return new WorkerError(`The connection to the worker at ${address} has ended${ending}`, { end });
  const how = signal ? `was ended by ${signal}` : `ended with exit code ${exitCode}`;
  const said = lastLines.length > 0 ? ` Its last lines:\n${lastLines.join('\n')}` : '';
  const who = command ? `The program ${JSON.stringify(command)}, which leads to the worker,` : 'The worker';
  return new WorkerError(`${who} ${how}${ending}${said}`, { end });
}
