import { errorCodes as jsonRpcCodes } from '../rpc/wire/fault.ts';

/** JSON-RPC's own errors, and those of the Model Context Protocol. */
export const errorCodes = {
  ...jsonRpcCodes,
  ResourceNotFound: -32002,
  UnsupportedProtocolVersion: -32022,
} as const;

export type RequestId = string | number;

/** The params of a request, of which only the form is known. */
export type Params = Record<string, unknown>;

/** A request, or a notification where it has no id. */
export interface Incoming {
  id?: RequestId;
  method: string;
  params: Params;
}

/** A request that cannot be served: answered with an error of the protocol. */
export class ProtocolError extends Error {
  readonly code: number;
  readonly data: object | undefined;

  constructor(name: keyof typeof errorCodes, message: string, data?: object) {
    super(message);
    this.name = 'ProtocolError';
    this.code = errorCodes[name];
    this.data = data;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isId = (value: unknown): value is RequestId => typeof value === 'string' || Number.isSafeInteger(value);

/** The id of a message that is wrong, as far as it has one. */
export const idOf = (message: unknown): RequestId | null => (isObject(message) && isId(message.id) ? message.id : null);

/**
 * What came in, checked; undefined for an answer, as nothing was asked.
 * @throws ProtocolError
 */
export function incoming(message: unknown): Incoming | undefined {
  if (!isObject(message)) throw new ProtocolError('InvalidRequest', 'A message is an object.');
  const { jsonrpc, id, method, params = {} } = message;
  if (jsonrpc !== '2.0') throw new ProtocolError('InvalidRequest', 'jsonrpc is not "2.0".');
  if (method === undefined && ('result' in message || 'error' in message)) return undefined;
  if (id !== undefined && !isId(id)) throw new ProtocolError('InvalidRequest', 'id is neither a string nor a number.');
  if (typeof method !== 'string') throw new ProtocolError('InvalidRequest', 'method is not a string.');
  if (!isObject(params)) throw new ProtocolError('InvalidParams', 'params is not an object.');
  return { ...(id !== undefined && { id }), method, params };
}

/** An object among the params; an empty one where it is absent. @throws ProtocolError */
export function objectIn(params: Params, key: string): Params {
  const value = params[key] ?? {};
  if (isObject(value)) return value;
  throw new ProtocolError('InvalidParams', `${key} is not an object.`);
}

/** A string among the params. @throws ProtocolError */
export function stringIn(params: Params, key: string): string {
  const value = params[key];
  if (typeof value === 'string') return value;
  throw new ProtocolError('InvalidParams', `${key} is not a string.`);
}
