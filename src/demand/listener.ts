import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { removeAddress, removeStale } from './address.ts';
import type { Conversations } from './conversations.ts';
import { roomForConnections } from './room.ts';

/** An address where ports can be asked for. */
export interface Listener {
  readonly path: string;
  /** Whether anybody has said anything. */
  readonly wasAsked: boolean;
  /** Closes it and all connections; resolves when what these had is free. */
  close(): Promise<void>;
}

/** Milliseconds after which what serves is loaded all the same: an upgrade of the package takes its files away. */
const loadedAfter = 3000;

/**
 * How many may come to a pipe of Windows between two looks of this process; the next are refused as busy, which clients of
 * portserver take for an error. Node's own is 4, and it is told by this variable alone.
 */
const pending = { variable: 'NODE_PENDING_PIPE_INSTANCES', count: '64' };

/**
 * Listens, and loads what serves when somebody asks.
 * @param env this process's own
 * @throws NodeJS.ErrnoException EADDRINUSE, EACCES and others where it cannot listen
 */
export async function listenAt(
  path: string,
  load: () => Promise<Conversations>,
  env: NodeJS.ProcessEnv,
): Promise<Listener> {
  let conversations: Promise<Conversations> | undefined;
  const loaded = () => {
    conversations ??= load();
    conversations.catch(() => {
      conversations = undefined;
    });
    return conversations;
  };
  let wasAsked = false;
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    // A client that goes away is no failure of ours.
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null;
      if (first === null) return socket.destroy(); // it has asked nothing
      wasAsked = true;
      socket.unshift(first);
      const isDigit = first[0]! >= 0x30 && first[0]! <= 0x39;
      // Nothing that goes wrong with one who asks is to end this process.
      loaded()
        .then((them) => them.serve(socket, isDigit))
        .catch(() => socket.destroy());
    });
  });
  server.maxConnections = roomForConnections(); // the next are closed
  await listening(server, path, env);
  server.on('error', () => {}); // a connection that could not be accepted, for want of descriptors
  const loadAll = async () => (await loaded()).load();
  const timer = setTimeout(() => void loadAll().catch(() => {}), loadedAfter).unref();
  void removeStale(path).catch(() => {});
  return {
    path,
    get wasAsked() {
      return wasAsked;
    },
    async close() {
      clearTimeout(timer);
      server.close();
      removeAddress(path);
      for (const socket of sockets) socket.destroy();
      await (await conversations?.catch(() => undefined))?.close();
    },
  };
}

function listening(server: Server, path: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const { [pending.variable]: before } = env;
    env[pending.variable] ??= pending.count;
    server.listen({ path, backlog: 1024 }, () => {
      server.off('error', reject);
      // Others are kept out by the folder, where it is ours; systems differ in whether this counts.
      if (path.startsWith('/')) chmodSync(path, 0o600);
      resolve();
    });
    if (before === undefined) delete env[pending.variable];
  });
}
