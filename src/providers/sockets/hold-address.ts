import { isIPv6 } from 'node:net';
import { ipBytes } from '../../native/ip-bytes.ts';
import { NativeError } from '../../native/native-error.ts';
import { Sockets } from '../../native/posix/socket.ts';

/**
 * Holds a TCP port of one address, so that servers which set SO_REUSEADDR are let in, as a reservation that yields does on
 * all addresses. Linux alone.
 *
 * @returns the descriptor; undefined where somebody has it
 * @throws NativeError
 */
export async function holdAddress(port: number, address: string): Promise<number | undefined> {
  const sockets = await Sockets.load();
  const family = isIPv6(address) ? 'inet6' : 'inet';
  const descriptor = sockets.open(family, 'tcp', false);
  try {
    sockets.bindTo(descriptor, ipBytes(address), port);
    sockets.setReuseAddress(descriptor);
    return sockets.endWithThread(descriptor);
  } catch (error) {
    sockets.close(descriptor);
    if (error instanceof NativeError && (error.code === 'EADDRINUSE' || error.code === 'EACCES')) return undefined;
    throw error;
  }
}

export async function closeHeld(descriptor: number): Promise<void> {
  (await Sockets.load()).close(descriptor);
}
