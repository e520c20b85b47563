import type { Socket } from 'node:net';
import { openService } from '../open-service.ts';
import type { Hold, ProviderChoice } from '../protocol/generated/contract.ts';
import type { Log } from '../rpc/server/log.ts';
import type { PortService } from '../service/port-service.ts';
import { ownerOf, peerOf } from './asker.ts';
import { Desk } from './desk.ts';
import { answerLines } from './lines.ts';

/** What those who ask are served with. */
export interface Serving {
  platform: NodeJS.Platform;
  userId: number | undefined;
  provider: ProviderChoice;
  /** How ports are held of those who only say which process they are for. */
  hold: Hold;
  log: Log;
  /** Holds what is given to processes; what a connection is given is held by a service of its own. */
  service: () => Promise<PortService>;
}

/** Loaded for who speaks the contract: who asks by lines does not wait for it. */
const loadConnection = () => import('../rpc/server/connection.ts');

/** Serves everyone who connects: by lines who begins with a digit, by the contract all others. */
export class Conversations {
  readonly #serving: Serving;
  readonly #desk: Desk;
  readonly #open = new Set<Promise<unknown>>();

  constructor(serving: Serving) {
    this.#serving = serving;
    this.#desk = new Desk(serving);
  }

  /** Serves a connection, whose first bytes are in its buffer. */
  async serve(socket: Socket, startsWithDigit: boolean): Promise<void> {
    const { platform, userId, log } = this.#serving;
    const peer = await peerOf(socket, platform);
    if (socket.destroyed) return; // it has gone meanwhile, and nothing tells of its end any more
    if (peer && userId !== undefined && peer.userId !== userId) {
      log.warn('refused a connection of another user', { userId: peer.userId });
      socket.destroy();
      return;
    }
    const conversation = startsWithDigit
      ? answerLines(socket, { desk: this.#desk, peer, platform })
      : this.#converse(socket, peer?.processId);
    this.#open.add(conversation);
    await conversation.catch((error) => log.debug('a connection broke', { error }));
    this.#open.delete(conversation);
  }

  /** Loads what would be loaded later. */
  async load(): Promise<void> {
    await loadConnection();
  }

  /** Frees what the connections have, which are closed by now; resolves when it is free. */
  async close(): Promise<void> {
    this.#desk.close();
    await Promise.allSettled(this.#open);
  }

  async #converse(socket: Socket, processId: number | undefined): Promise<void> {
    const { platform, provider, log } = this.#serving;
    const { Connection } = await loadConnection();
    if (socket.destroyed) return;
    const connection = new Connection({
      input: socket,
      output: socket,
      log,
      provider,
      platform,
      onInitialize: () => {},
      // Whoever looks is to see whose the ports are that were given a moment ago.
      beforeServing: () => this.#desk.record(),
      openService: ({ processId: said, ...options }) => {
        const asking = processId || said;
        return openService({ ...options, ...(asking && { owner: ownerOf(asking, platform) }) });
      },
    });
    connection.listen();
    await connection.ended;
    socket.destroySoon();
  }
}
