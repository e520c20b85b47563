import type { ServiceError } from '../../src/protocol/errors.ts';
import type { Protocol, Reservation } from '../../src/protocol/generated/contract.ts';
import type { Claim, Provider } from '../../src/providers/provider.ts';
import { automaticPorts, openSocket, tryBind } from './sockets.ts';

/** A place where a provider runs, and what a test can do there: in this process, or in a namespace of its own. */
export interface Machine {
  readonly provider: Provider;
  /** Tries to bind as an ordinary server does: the error code, or `bound`. */
  tryBind(protocol: Protocol, port: number, address: string): Promise<string>;
  /** Opens a socket that stays until `closeSockets`. */
  openSocket(protocol: Protocol, port: number, address: string): Promise<void>;
  closeSockets(): Promise<void>;
  /** The ports the system gives to sockets on port 0, all open at once. */
  automaticPorts(protocol: Protocol, limit: number): Promise<number[]>;
  close(): Promise<void>;
}

/** The provider in this process, on this system. */
export function localMachine(provider: Provider): Machine {
  let sockets: { close(): Promise<void> }[] = [];
  const closeSockets = async () => {
    await Promise.all(sockets.map((socket) => socket.close()));
    sockets = [];
  };
  return {
    provider,
    tryBind,
    openSocket: async (...place) => void sockets.push(await openSocket(...place)),
    closeSockets,
    automaticPorts,
    close: async () => {
      await provider.close();
      await closeSockets();
    },
  };
}

/** The claim's reservation, as the service records it. */
export function recordOf({ name, capabilities }: Provider, claim: Omit<Claim, 'signal'>, token = 1n): Reservation {
  return {
    ...claim,
    provider: name,
    token: String(token),
    enforcement: capabilities[claim.lifetime],
    owner: { user: 'test' },
    createdAt: '2026-01-01T00:00:00.000Z',
  };
}

/** What a claim was refused with. */
export async function refusal(promise: Promise<unknown>): Promise<ServiceError> {
  const outcome = await promise.then(
    (value) => new Error(`not refused but ${String(value)}`),
    (error: unknown) => error,
  );
  if (outcome instanceof Error && outcome.name === 'ServiceError') return outcome as ServiceError;
  throw outcome;
}
