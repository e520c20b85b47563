import { ResponseError } from 'vscode-jsonrpc';
import { DocumentError, type ErrorName, InvalidParamsError, loadErrorOf, ServiceError } from '../../protocol/errors.ts';
import { type ErrorData, errorCatalogue } from '../../protocol/generated/contract.ts';
import { errorCodes, Fault } from './fault.ts';
import { WorkerError } from './worker-error.ts';

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
  const error = loadErrorOf(thrown) ?? thrown;
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
