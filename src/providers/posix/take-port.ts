import { NativeError } from '../../native/native-error.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { endPort } from '../../protocol/ranges.ts';
import { bindError } from './bind-error.ts';
import { portSockets } from './port-sockets.ts';

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
