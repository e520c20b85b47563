import type { NativeError } from '../../native/native-error.ts';
import { codes } from '../../native/windows/codes.ts';
import { tryPort } from '../../native/windows/winsock.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { endPort } from '../../protocol/ranges.ts';
import { inTurns } from '../posix/port-turns.ts';
import { isCode } from './windows-error.ts';

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
