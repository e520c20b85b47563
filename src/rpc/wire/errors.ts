import { ResponseError } from 'vscode-jsonrpc';
import { DocumentError, type ErrorName, InvalidParamsError, ServiceError, shortageOf } from '../../protocol/errors.ts';
import { type ErrorData, errorCatalogue } from '../../protocol/generated/contract.ts';
import { errorCodes, Fault } from './fault.ts';

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
  { reason, command }: { reason?: string; command?: string } = {},
): WorkerError {
  const { exitCode, signal, lastLines } = end;
  const how = signal ? `was ended by ${signal}` : `ended with exit code ${exitCode}`;
  const said = lastLines.length > 0 ? ` Its last lines:\n${lastLines.join('\n')}` : '';
  const who = command ? `The program ${JSON.stringify(command)}, which leads to the worker,` : 'The worker';
  return new WorkerError(`${who} ${how}${reason ? `: ${reason}` : '.'}${said}`, { end });
}

/** The error that the worker sent, as the service in this process would have thrown it. */
export function errorFromWorker(error: unknown, signal?: AbortSignal): unknown {
  if (!(error instanceof ResponseError)) return error;
  const { code, message } = error;
  const data = (error.data ?? {}) as ErrorData;
  if (code === errorCodes.InvalidParams && data.errors) {
    return data.name === 'InvalidDocument' ? new DocumentError(data.errors) : new InvalidParamsError(data.errors);
  }
  if (code === errorCodes.RequestCancelled && signal?.aborted) return signal.reason;
  if (data.name && Object.hasOwn(errorCatalogue, data.name)) {
    const { name, errors, ...facts } = data;
    return new ServiceError(name as ErrorName, message, facts);
  }
  return new WorkerError(message, { number: code });
}

/** The answer to a request that failed; undefined for a failure nobody planned: a bug. */
export function answerError(thrown: unknown, signal: AbortSignal): ResponseError<object | undefined> | undefined {
  const error = shortageOf(thrown) ?? thrown;
  if (error instanceof ServiceError) {
    return new ResponseError(error.number, error.message, { name: error.errorName, ...error.facts });
  }
  if (error instanceof InvalidParamsError) {
    const { message, errors } = error;
    const isDocument = error instanceof DocumentError;
    const what = isDocument ? 'The document is wrong' : 'Invalid params';
    const data = { ...(isDocument && { name: 'InvalidDocument' }), errors };
    return new ResponseError(errorCodes.InvalidParams, `${what}: ${message}.`, data);
  }
  if (error instanceof Fault) return new ResponseError(error.code, error.message);
  if (signal.aborted && isAbort(error, signal)) {
    return new ResponseError(errorCodes.RequestCancelled, 'The request was cancelled; nothing has changed.');
  }
  return undefined;
}

const isAbort = (error: unknown, signal: AbortSignal) =>
  error === signal.reason || (error instanceof Error && error.name === 'AbortError');
