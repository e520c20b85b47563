import { codes } from '../../native/windows/codes.ts';
import {
  acquireReservation,
  associateReservation,
  bindSocket,
  closeSocket,
  openSocket,
  releaseReservation,
  type Socket,
} from '../../native/windows/winsock.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import type { RuntimeHolder } from '../provider.ts';
import { isCode } from './windows-error.ts';

/**
 * Binds a new socket that the token was put on, and closes it; port 0 means any port of the reservation that is left.
 * @throws NativeError
 */
export async function bindWithToken(protocol: Protocol, token: bigint, port: number): Promise<number> {
  const socket = await openSocket(protocol);
  try {
    await associateReservation(socket, token);
    return await bindSocket(socket, port);
  } finally {
    await closeSocket(socket);
  }
}

/** Runtime reservations of this process: each lives as long as the socket it was acquired on. */
export class HeldReservations implements RuntimeHolder {
  readonly #sockets = new Map<bigint, Socket>();

  async acquire(protocol: Protocol, range: PortRange): Promise<bigint> {
    const socket = await openSocket(protocol);
    try {
      const { token } = await acquireReservation(socket, range);
      this.#sockets.set(token, socket);
      return token;
    } catch (error) {
      await closeSocket(socket);
      throw error;
    }
  }

  async release(token: bigint): Promise<void> {
    const socket = this.#sockets.get(token);
    if (socket === undefined) return;
    this.#sockets.delete(token);
    try {
      await releaseReservation(socket, token);
    } catch (error) {
      // Refused while another socket of this process carries the token; closing the socket frees the ports all the same.
      if (!isCode(error, codes.WSAEINVAL)) throw error;
    } finally {
      await closeSocket(socket);
    }
  }

  probe(protocol: Protocol, token: bigint, port: number): Promise<number> {
    return bindWithToken(protocol, token, port);
  }

  /** Closing the sockets frees them all. */
  async close(): Promise<void> {
    const sockets = [...this.#sockets.values()];
    this.#sockets.clear();
    await Promise.all(sockets.map(closeSocket));
  }
}
