import { type MessageConnection, ParameterStructures, ResponseError } from 'vscode-jsonrpc';
import { type ErrorFacts, ServiceError } from '../../protocol/errors.ts';
import type { ClientMethods } from '../../protocol/generated/contract.ts';
import type { RuntimeHolder } from '../../providers/provider.ts';

/**
 * The client's own process as the place where its runtime reservations live.
 * @param gone tells that it answers no more
 */
export function clientHolder(connection: () => MessageConnection, gone: AbortSignal): RuntimeHolder {
  async function ask<M extends keyof ClientMethods>(
    method: M,
    params: ClientMethods[M]['params'],
  ): Promise<ClientMethods[M]['result']> {
    try {
      const answer = connection().sendRequest<ClientMethods[M]['result']>(method, ParameterStructures.byName, params);
      return await Promise.race([answer, isGone]);
    } catch (error) {
      throw error instanceof ResponseError ? asServiceError(method, error) : error;
    }
  }
  const isGone = new Promise<never>((_resolve, reject) => {
    gone.addEventListener('abort', () => reject(gone.reason), { once: true });
  });
  isGone.catch(() => {});
  return {
    acquire: async (protocol, range) => BigInt((await ask('holder/acquire', { protocol, range })).token),
    release: async (token) => void (await ask('holder/release', { token: String(token) })),
    probe: async (protocol, token, port) => (await ask('holder/probe', { protocol, token: String(token), port })).port,
    // What the client holds ends with the conversation; there is nobody to ask any more.
    close: async () => {},
  };
}

function asServiceError(method: string, { message, data }: ResponseError<ErrorFacts>): ServiceError {
  return new ServiceError('OsError', `The client could not serve ${method}: ${message}`, {
    osCode: data?.osCode,
    osFunction: data?.osFunction,
  });
}
