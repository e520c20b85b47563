import {
  acquireReservation,
  closeSocket,
  openSocket,
  releaseReservation,
  type Socket,
} from '../../native/windows/winsock.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';

/** The runtime reservations of this process: each lives as long as the socket it was acquired on. */
export class HeldReservations {
  readonly #sockets = new Map<bigint, Socket>();

  /**
   * Reserves exactly the range.
   * @throws NativeError
   */
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

  /** Frees the reservation; one that is not held here is no error. */
  async release(token: bigint): Promise<void> {
    const socket = this.#sockets.get(token);
    if (socket === undefined) return;
    this.#sockets.delete(token);
    try {
      await releaseReservation(socket, token);
    } finally {
      await closeSocket(socket);
    }
  }

  /** Frees all. Closing the sockets suffices. */
  async close(): Promise<void> {
    const sockets = [...this.#sockets.values()];
    this.#sockets.clear();
    await Promise.all(sockets.map(closeSocket));
  }
}
