import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { endPort } from '../../protocol/ranges.ts';
import { bindError } from './bind-error.ts';
import { portSockets } from './port-sockets.ts';
import { inTurns } from './port-turns.ts';

/**
 * The first port of the range that an ordinary bind is refused, on any address of either family; undefined when all are
 * free. Ports this process holds count as in use, and so do ports that only closing connections are left on.
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
