import { associate } from '../../../native/linux/socket-token.ts';
import { NativeError } from '../../../native/native-error.ts';
import { type Family, Sockets } from '../../../native/posix/socket.ts';
import type { PortRange, Protocol } from '../../../protocol/generated/contract.ts';
import { endPort } from '../../../protocol/ranges.ts';
import { visitSockets } from '../../proc/proc-net.ts';
import { bindError, portInUse } from '../../sockets/bind-error.ts';
import { isWithoutIpv6 } from '../../sockets/without-ipv6.ts';
import { inTurns } from '../../turns.ts';

/** Makes a new socket one that is let in. */
export type Prepare = (descriptor: number) => Promise<void> | void;

/** Binds a new socket to the port on every address of both families, or of IPv4 where there is no IPv6, and closes it. */
async function bindOnce(sockets: Sockets, protocol: Protocol, port: number, prepare: Prepare): Promise<void> {
  const bind = async (family: Family) => {
    const descriptor = sockets.open(family, protocol);
    try {
      await prepare(descriptor);
      sockets.bind(descriptor, family, port);
    } finally {
      sockets.close(descriptor);
    }
  };
  try {
    await bind('inet6');
  } catch (error) {
    if (!isWithoutIpv6(error)) throw error;
    await bind('inet');
  }
}

const isTaken = (error: unknown) => error instanceof NativeError && error.code === 'EADDRINUSE';

/**
 * Refuses a range that is not free for sockets that are let in.
 * @throws ServiceError PortInUse, AccessDenied, OsError; the signal's reason when it is aborted
 */
export async function refuseTaken(
  protocol: Protocol,
  range: PortRange,
  prepare: Prepare,
  signal?: AbortSignal,
): Promise<void> {
  const sockets = await Sockets.load();
  let port = range.startPort;
  try {
    for await (const turn of inTurns(range)) {
      signal?.throwIfAborted();
      for (; port <= endPort(turn); port++) await bindOnce(sockets, protocol, port, prepare);
    }
  } catch (error) {
    throw await bindError(error, protocol, range, port);
  }
}

/**
 * The first of these ports that a socket which is let in can bind now.
 * @throws ServiceError PortInUse when none of them is left, AccessDenied, OsError
 */
export async function bindAny(protocol: Protocol, ports: PortRange, prepare: Prepare): Promise<number> {
  const sockets = await Sockets.load();
  for (let port = ports.startPort; port <= endPort(ports); port++) {
    try {
      await bindOnce(sockets, protocol, port, prepare);
      return port;
    } catch (error) {
      if (!isTaken(error)) throw await bindError(error, protocol, ports, port);
    }
  }
  throw await portInUse(protocol, ports.startPort);
}

/** Puts the token on the socket as every program does it; where nothing asks for tokens, the bind shows who is let in. */
export const withToken =
  (token: bigint): Prepare =>
  async (descriptor) => {
    try {
      await associate(descriptor, token);
    } catch (error) {
      if (!(error instanceof NativeError) || error.code !== 'ENOPROTOOPT') throw error;
    }
  };

/** Whether the kernel takes tokens now; any user may ask. */
export async function takesTokens(): Promise<boolean> {
  const sockets = await Sockets.load();
  const descriptor = sockets.open('inet', 'udp');
  try {
    await associate(descriptor, 1n);
    return true;
  } catch (error) {
    if (error instanceof NativeError && error.code === 'ENOPROTOOPT') return false;
    throw error;
  } finally {
    sockets.close(descriptor);
  }
}

/** Whether anybody may bind the port now, and nobody has it. */
export async function isBindable(protocol: Protocol, port: number): Promise<boolean> {
  try {
    await bindOnce(await Sockets.load(), protocol, port, () => {});
    return true;
  } catch (error) {
    if (error instanceof NativeError) return false;
    throw error;
  }
}

/**
 * Whether a bind of the port is refused though no socket has it: what the gate looks like from outside. Undefined where a
 * socket or the port's number may be the reason.
 */
export async function isRefusedUnseen(protocol: Protocol, port: number): Promise<boolean | undefined> {
  try {
    await bindOnce(await Sockets.load(), protocol, port, () => {});
    return false;
  } catch (error) {
    if (!(error instanceof NativeError) || (error.code !== 'EADDRINUSE' && error.code !== 'EPERM')) return undefined;
  }
  let isSeen = false;
  await visitSockets(protocol, (other) => {
    isSeen ||= other === port;
  });
  return isSeen ? undefined : true;
}
