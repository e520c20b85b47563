import { ResponseError } from 'vscode-jsonrpc';
import { DocumentError, InvalidParamsError, ServiceError } from '../protocol/errors.ts';
import { errorCodes, Fault } from './fault.ts';

/** The answer to a request that failed; undefined for a failure nobody planned: a bug. */
export function answerError(error: unknown, signal: AbortSignal): ResponseError<object | undefined> | undefined {
  if (error instanceof ServiceError) {
    return new ResponseError(error.code, error.message, { name: error.errorName, ...error.facts });
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
