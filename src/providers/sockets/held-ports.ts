import { NativeError } from '../../native/native-error.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { endPort } from '../../protocol/ranges.ts';
import { inTurns } from '../turns.ts';
import { bindError } from './bind-error.ts';
import { isLeftToClose } from './closing.ts';
import { type PortSockets, portSockets } from './port-sockets.ts';

/** How ports are held. */
export interface Holding {
  /** Whether a socket of anybody that sets SO_REUSEADDR is let in too; TCP on Linux only. */
  yields?: boolean;
  /** Whether others may do the same at the same time. */
  isShared?: boolean;
  /** Whether nobody reads why a port is refused. */
  isTrial?: boolean;
  signal?: AbortSignal;
}

const isInUse = (error: unknown) => error instanceof NativeError && error.code === 'EADDRINUSE';

/**
 * The ports this process holds: one bound socket each, which never listens. Every bind is refused, except that of a
 * socket of the same user that sets SO_REUSEPORT first, and what `yields` lets in. The system frees them when the process
 * ends, however it ends.
 */
export class HeldPorts {
  readonly #held: Record<Protocol, Map<number, number>> = { tcp: new Map(), udp: new Map() };
  readonly #closing = new AbortController();
  #sockets: PortSockets | undefined;

  /**
   * Holds the whole range or nothing.
   * @throws ServiceError PortInUse (naming the port), AccessDenied, OsError; the signal's reason when it is aborted
   */
  async hold(
    protocol: Protocol,
    range: PortRange,
    { yields = false, isShared = false, isTrial, signal }: Holding = {},
  ): Promise<void> {
    const held = this.#held[protocol];
    let port = range.startPort;
    try {
      const sockets = await this.#load();
      for await (const turn of inTurns(range)) {
        signal?.throwIfAborted();
        this.#closing.signal.throwIfAborted();
        for (; port <= endPort(turn); port++) {
          try {
            held.set(port, sockets.hold(protocol, port, yields));
          } catch (error) {
            // Two may bind beside closing connections at once.
            if (!yields || isShared || !isInUse(error) || !(await isLeftToClose(port))) throw error;
            held.set(port, sockets.holdBesideClosing(protocol, port));
          }
        }
      }
    } catch (error) {
      await this.release(protocol, { startPort: range.startPort, numberOfPorts: port - range.startPort });
      throw await bindError(error, protocol, range, port, isTrial);
    }
  }

  /** Frees those ports of the range that are held; the others are no error. */
  async release(protocol: Protocol, range: PortRange): Promise<void> {
    const held = this.#held[protocol];
    for await (const turn of inTurns(range)) {
      for (let port = turn.startPort; port <= endPort(turn); port++) {
        const descriptor = held.get(port);
        if (descriptor === undefined) continue;
        held.delete(port);
        this.#sockets?.close(descriptor);
      }
    }
  }

  /** Whether every port of the range is held. */
  holds(protocol: Protocol, range: PortRange): boolean {
    const held = this.#held[protocol];
    for (let port = range.startPort; port <= endPort(range); port++) if (!held.has(port)) return false;
    return true;
  }

  /** Frees every port for good; a hold under way ends with an AbortError. */
  close(): void {
    this.#closing.abort();
    for (const held of Object.values(this.#held)) {
      for (const descriptor of held.values()) this.#sockets?.close(descriptor);
      held.clear();
    }
  }

  async #load(): Promise<PortSockets> {
    this.#sockets ??= await portSockets();
    return this.#sockets;
  }
}
