import { NativeError } from '../../native/native-error.ts';
import { codes } from '../../native/windows/codes.ts';
import { lookupPersistent } from '../../native/windows/iphlpapi.ts';
import { tryPort } from '../../native/windows/winsock.ts';
import type { ServiceError } from '../../protocol/errors.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { endPort, overlap } from '../../protocol/ranges.ts';
import { inTurns } from '../turns.ts';
import { hiddenAt } from './hidden.ts';
import { type Sight, sightOf } from './sight.ts';
import { isCode, portInUse, rangeHidden, rangeKept, rangeReserved, refusedAll, windowsError } from './windows-error.ts';

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
 * Refuses a range in which the system keeps anything, as it refuses a reservation of it: a socket may be bound in an
 * administrator's exclusion, and nobody may reserve there.
 * @throws NativeError
 */
export async function refuseKept(protocol: Protocol, range: PortRange, read: Sight): Promise<void> {
  const rows = await read.rows(protocol).catch(() => []);
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

/** What is asked besides the refusal. */
interface RefusalContext {
  /** What the same request has read already. */
  sight?: Sight;
  /** Whether another range is tried instead: then only the port counts. */
  isTrial?: boolean;
}

/** As this process calls it, and as the client's does that holds its reservations itself. */
const acquiring = new Set(['SIO_ACQUIRE_PORT_RESERVATION', 'WSAIoctl']);

/** Of ACQUIRE, which needs no rights, the last is about the ports as well. */
const isAboutPorts = (error: unknown): error is NativeError =>
  isCode(error, codes.ERROR_SHARING_VIOLATION, codes.WSAEADDRINUSE) ||
  (isCode(error, codes.WSAEACCES) && acquiring.has(error.function));

/**
 * Why Windows refused the range. It has one code for "in use", "reserved" and "excluded"; Lookup, a plain bind of each
 * port and the tables tell them apart.
 */
export async function refusedRange(
  error: unknown,
  protocol: Protocol,
  range: PortRange,
  { sight = sightOf(undefined), isTrial = false }: RefusalContext = {},
): Promise<unknown> {
  if (!isAboutPorts(error)) return windowsError(error, protocol, range);
  const exact = isTrial ? undefined : await lookupPersistent(protocol, range).catch(() => undefined);
  if (exact !== undefined) return rangeReserved(protocol, range, { isPersistent: true, cause: error });
  const refused = await firstRefusedPort(protocol, range).catch(() => undefined);
  const explained = refused && (await refusedPort(refused, protocol, range, { sight, cause: error }));
  if (explained) return explained;
  if (sight.refusesAll.has(protocol)) return refusedAll(protocol, range, error);
  const rows = await sight.rows(protocol).catch(() => []);
  const row = rows.find((one) => overlap(one.range, refused ? only(refused.port) : range));
  if (row) return rangeKept(protocol, range, row, error);
  return refused
    ? rangeReserved(protocol, range, { port: refused.port, cause: error })
    : windowsError(error, protocol, range);
}

/**
 * Why a port of the range is refused, where a socket has it or a range that no table shows.
 * @returns undefined where neither is so
 */
export async function refusedPort(
  refused: RefusedPort,
  protocol: Protocol,
  range: PortRange,
  { sight, cause }: { sight: Sight; cause: NativeError },
): Promise<ServiceError | undefined> {
  const { port, error } = refused;
  const sockets = await sight.sockets(protocol).catch(() => []);
  // Windows gives 10013 for another user's socket as well.
  if (sockets.some((socket) => socket.port === port)) return portInUse(protocol, range, port, cause);
  const hidden = await hiddenAt(protocol, port, error, sight).catch(() => undefined);
  if (hidden) return rangeHidden(protocol, range, { port, hidden, cause });
  return isCode(error, codes.WSAEADDRINUSE) ? portInUse(protocol, range, port, cause) : undefined;
}

const only = (port: number): PortRange => ({ startPort: port, numberOfPorts: 1 });
