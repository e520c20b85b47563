import { isIPv6 } from 'node:net';
import { ipBytes } from '../../native/ip-bytes.ts';
import { type Family, Sockets } from '../../native/posix/socket.ts';
import type { Protocol } from '../../protocol/generated/contract.ts';
import { PortSet } from '../../protocol/port-set.ts';
import { withToken } from '../linux/kernel/bind-with-token.ts';
import { rowsOf } from '../proc/socket-table.ts';
import { TCP_LISTEN } from '../proc/tcp-states.ts';
import { bindError, portInUse } from './bind-error.ts';
import { isWithoutIpv6 } from './without-ipv6.ts';

/** A port to be taken from its holder. */
export interface Taking {
  protocol: Protocol;
  port: number;
  /** The local address, of either family. Default: all addresses. */
  address?: string;
  /** Whether only IPv4 is served, where no address says it. Default: both families, where there is IPv6. */
  ipv4Only?: boolean;
  /** What the kernel's gate lets the socket in by; without effect where there is none. Linux alone. */
  token?: bigint;
}

/**
 * Takes a port for a socket of this process, beside the holder of the same user, as the hand-over does; also where nobody
 * holds it.
 *
 * @returns the descriptor, which no child inherits
 * @throws ServiceError PortInUse, AccessDenied, OsError
 */
export async function takeSocket(taking: Taking): Promise<number> {
  const { protocol, port, address, ipv4Only } = taking;
  const sockets = await Sockets.load();
  const isIpv4 = ipv4Only || (address !== undefined && !isIPv6(address));
  try {
    if (isIpv4) return await bound(sockets, 'inet', taking);
    try {
      return await bound(sockets, 'inet6', taking);
    } catch (error) {
      if (!isWithoutIpv6(error) || address !== undefined) throw error;
      return await bound(sockets, 'inet', taking);
    }
  } catch (error) {
    throw await bindError(error, protocol, { startPort: port, numberOfPorts: 1 }, port);
  }
}

async function bound(sockets: Sockets, family: Family, { protocol, port, address, token }: Taking): Promise<number> {
  const descriptor = sockets.open(family, protocol, address === undefined);
  try {
    sockets.setReusePort(descriptor, true);
    // As servers do: closing connections of the last server, and a holder that yields, are no obstacle then. Of UDP
    // it would let everybody in.
    if (protocol === 'tcp') sockets.setReuseAddress(descriptor);
    if (token !== undefined) await withToken(token)(descriptor);
    if (address === undefined) sockets.bind(descriptor, family, port);
    else sockets.bindTo(descriptor, ipBytes(address), port);
    return descriptor;
  } catch (error) {
    sockets.close(descriptor);
    throw error;
  }
}

/**
 * Keeps what comes to a listener that was taken for it alone, whatever other sockets of the same user set SO_REUSEPORT.
 *
 * Linux lets one in all the same, since it remembers that the last one had the option. Without the option on the listener
 * the later one on `::` gets nothing; of an IPv4 address it is steered past. One that names a narrower address than this
 * one does get what comes there.
 */
export async function keepAlone(descriptor: number, address: string | undefined): Promise<void> {
  const sockets = await Sockets.load();
  if (sockets.steers && address !== undefined && !isIPv6(address)) sockets.steerTo(descriptor, 0);
  else sockets.setReusePort(descriptor, false);
}

/** Lets the system take connections on a taken socket, before anybody accepts them. */
export async function startListening(descriptor: number, backlog: number): Promise<void> {
  (await Sockets.load()).listen(descriptor, backlog);
}

const wildcards = ['0.0.0.0', '::'];

/** Whether sockets of the two addresses stand in each other's way. */
const meet = (one: string, other: string): boolean =>
  one === other ||
  one === '::' ||
  other === '::' ||
  (wildcards.includes(one) && !isIPv6(other)) ||
  (wildcards.includes(other) && !isIPv6(one));

/**
 * Refuses a port that a server listens on with SO_REUSEPORT: it would let another listener in, and share with it.
 * @throws ServiceError PortInUse
 */
export async function checkNoListener({ port, address = '::' }: Pick<Taking, 'port' | 'address'>): Promise<void> {
  const rows = (await rowsOf('tcp', PortSet.of([{ startPort: port, numberOfPorts: 1 }]))).get(port) ?? [];
  if (rows.some((row) => row.state === TCP_LISTEN && meet(row.address, address))) throw await portInUse('tcp', port);
}

/**
 * Lets what was taken end with this thread: nobody but the caller knows it.
 * @returns the descriptor that it has from now on
 */
export async function endWithThread(descriptor: number): Promise<number> {
  const sockets = await Sockets.load();
  try {
    return sockets.endWithThread(descriptor);
  } catch (error) {
    sockets.close(descriptor);
    throw error;
  }
}

/** Closes what was taken. Not by Node's own way: Deno's takes the number for one of its own. */
export async function socketCloser(): Promise<(descriptor: number) => void> {
  const sockets = await Sockets.load();
  return (descriptor) => sockets.close(descriptor);
}
