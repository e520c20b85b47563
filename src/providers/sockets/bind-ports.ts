import { NativeError } from '../../native/native-error.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { endPort } from '../../protocol/ranges.ts';
import type { Inspection, InspectionOptions, PortFacts, Refusal } from '../provider.ts';
import { inTurns } from '../turns.ts';
import { bindError, firstUnprivilegedPort } from './bind-error.ts';
import { portSockets } from './port-sockets.ts';

/**
 * The first port of the range that an ordinary bind is refused, on any address of either family; undefined when all are
 * free. Ports this process holds count as in use; those that only TIME_WAIT is left on do not.
 * @throws ServiceError AccessDenied, OsError; the signal's reason when it is aborted
 */
export async function firstPortInUse(
  protocol: Protocol,
  range: PortRange,
  signal?: AbortSignal,
): Promise<number | undefined> {
  let port = range.startPort;
  try {
    const sockets = await portSockets();
    for await (const turn of inTurns(range)) {
      signal?.throwIfAborted();
      for (; port <= endPort(turn); port++) if (sockets.isInUse(protocol, port)) return port;
    }
    return undefined;
  } catch (error) {
    throw await bindError(error, protocol, range, port);
  }
}

/** What the binds said. */
export interface Probed {
  ports: Pick<PortFacts, 'port' | 'refusals' | 'serving' | 'osCode'>[];
  families: Inspection['families'];
}

/**
 * Binds each port of the ranges, both families, and frees it again.
 * @throws ServiceError OsError; the signal's reason when it is aborted
 */
export async function probePorts(
  protocol: Protocol,
  ranges: readonly PortRange[],
  { signal, onBound }: InspectionOptions = {},
): Promise<Probed> {
  const sockets = await portSockets();
  const firstUnprivileged = firstUnprivilegedPort();
  const refusal = (port: number, { code }: NativeError): Refusal => {
    if (code === 'EADDRINUSE') return 'inUse';
    return code === 'EACCES' && port < firstUnprivileged ? 'privileged' : 'denied';
  };
  const probed: Probed['ports'] = [];
  for (const range of ranges) {
    let port = range.startPort;
    try {
      for await (const turn of inTurns(range)) {
        signal?.throwIfAborted();
        for (; port <= endPort(turn); port++) {
          const { ipv4, ipv6 } = sockets.refusals(protocol, port);
          const refusals = { ...(ipv4 && { ipv4: refusal(port, ipv4) }), ...(ipv6 && { ipv6: refusal(port, ipv6) }) };
          const refused = ipv4 ?? ipv6;
          probed.push({
            port,
            refusals,
            ...(refused && { osCode: refused.code, serving: sockets.serving(protocol, port) }),
          });
        }
        onBound?.(turn.numberOfPorts);
      }
    } catch (error) {
      throw await bindError(error, protocol, range, port);
    }
  }
  return { ports: probed, families: sockets.families };
}

/**
 * Binds one port of the range as the hand-over does, and lets it go again.
 * @returns the port
 * @throws ServiceError PortInUse when every port of the range is taken, AccessDenied, OsError
 */
export async function tryHandOver(protocol: Protocol, range: PortRange): Promise<number> {
  const sockets = await portSockets();
  for (let port = range.startPort; ; port++) {
    try {
      sockets.close(sockets.take(protocol, port));
      return port;
    } catch (error) {
      const isTaken = error instanceof NativeError && error.code === 'EADDRINUSE';
      if (!isTaken || port === endPort(range)) throw await bindError(error, protocol, range, port);
    }
  }
}
