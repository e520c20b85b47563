import { NativeError } from '../../native/native-error.ts';
import { codes } from '../../native/windows/codes.ts';
import { lookupPersistent } from '../../native/windows/iphlpapi.ts';
import { tableSockets } from '../../native/windows/socket-tables.ts';
import { tryPort } from '../../native/windows/winsock.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { endPort, overlap } from '../../protocol/ranges.ts';
import { inTurns } from '../turns.ts';
import { excludedPortRanges } from './netsh.ts';
import { isCode, portInUse, rangeKept, rangeReserved, windowsError } from './windows-error.ts';

/** A port that a bind without a token is refused, and how. */
export interface RefusedPort {
  port: number;
  error: NativeError;
}

/**
 * The first port of the range that a bind without a token is refused.
 * @throws NativeError a failure that is not about the port; the signal's reason when it is aborted
 */
export async function firstRefusedPort(
  protocol: Protocol,
  range: PortRange,
  signal?: AbortSignal,
): Promise<RefusedPort | undefined> {
  for await (const turn of inTurns(range)) {
    signal?.throwIfAborted();
    for (let port = turn.startPort; port <= endPort(turn); port++) {
      try {
        await tryPort(protocol, port);
      } catch (error) {
        if (isCode(error, codes.WSAEADDRINUSE, codes.WSAEACCES)) return { port, error };
        throw error;
      }
    }
  }
  return undefined;
}

/**
 * Refuses a range with a port that a bind without a token is refused, as the system refuses a reservation of it.
 * @throws NativeError
 */
export async function refuseTaken(protocol: Protocol, range: PortRange, signal?: AbortSignal): Promise<void> {
  const refused = await firstRefusedPort(protocol, range, signal);
  if (refused) throw new NativeError('bind', codes.WSAEADDRINUSE, refused.error);
}

/**
 * Refuses a range in which the system keeps anything, as it refuses a reservation of it: anyone may bind in an
 * administrator's exclusion, and nobody may reserve there.
 * @throws NativeError
 */
export async function refuseKept(protocol: Protocol, range: PortRange): Promise<void> {
  const rows = await excludedPortRanges('ipv4', protocol, 'active').catch(() => []);
  if (rows.some((row) => overlap(row.range, range))) throw new NativeError('bind', codes.WSAEADDRINUSE);
}

/**
 * The first port of the range that a bind without a token is not refused.
 * @throws NativeError how the last one was refused when there is none
 */
export async function firstBindablePort(protocol: Protocol, range: PortRange): Promise<number> {
  for (let port = range.startPort; ; port++) {
    const refused = await firstRefusedPort(protocol, { startPort: port, numberOfPorts: 1 });
    if (!refused) return port;
    if (port === endPort(range)) throw refused.error;
  }
}

/**
 * Why Windows refused the range. It has one code for "in use", "reserved" and "excluded"; Lookup, a plain bind of each
 * port and the table of ranges tell them apart.
 */
export async function refusedRange(error: unknown, protocol: Protocol, range: PortRange): Promise<unknown> {
  if (!isCode(error, codes.ERROR_SHARING_VIOLATION, codes.WSAEADDRINUSE)) return windowsError(error, protocol, range);
  const exact = await lookupPersistent(protocol, range).catch(() => undefined);
  if (exact !== undefined) return rangeReserved(protocol, range, { cause: error });
  const refused = await firstRefusedPort(protocol, range).catch(() => undefined);
  if (refused && (await isInUse(protocol, refused))) return portInUse(protocol, range, refused.port, error);
  const rows = await excludedPortRanges('ipv4', protocol, 'active').catch(() => []);
  const row = rows.find((one) => overlap(one.range, refused ? only(refused.port) : range));
  if (row) return rangeKept(protocol, range, row, error);
  return refused
    ? rangeReserved(protocol, range, { port: refused.port, cause: error })
    : windowsError(error, protocol, range);
}

const only = (port: number): PortRange => ({ startPort: port, numberOfPorts: 1 });

/** Whether the port has a socket on it: Windows gives 10013 for another user's as well. */
export async function isInUse(protocol: Protocol, { port, error }: RefusedPort): Promise<boolean> {
  if (isCode(error, codes.WSAEADDRINUSE)) return true;
  return (await tableSockets(protocol).catch(() => [])).some((socket) => socket.port === port);
}
