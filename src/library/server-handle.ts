import cluster from 'node:cluster';
import type { Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { type Server, Socket } from 'node:net';

/* Giving Node a socket that is bound already. */

/** Node's object around a system's socket. */
interface Handle {
  open(socket: number): number;
  close(): void;
  bind?: (address: string, port: number, flags: number) => number;
}

interface WithHandle {
  _handle: Handle | null;
}

/**
 * Lets the server listen on a bound descriptor, which is the server's from then on.
 * @throws NotTaken, and what the server says where it cannot
 */
export async function listenOnDescriptor(server: Server, descriptor: number, backlog?: number): Promise<void> {
  // A worker of a cluster would ask its primary for the descriptor; a socket around it is taken as it is.
  const place = cluster.isWorker ? new Socket({ fd: descriptor, readable: false }) : { fd: descriptor };
  await listening(server, () => server.listen(place, backlog)).catch((error) => {
    throw error.code === 'ERR_SERVER_ALREADY_LISTEN' ? new NotTaken(error) : error;
  });
}

/**
 * Lets the datagram socket use a bound descriptor, which is its own from then on.
 * @throws NotTaken, and what the socket says where it cannot
 */
export async function bindToDescriptor(socket: DatagramSocket, descriptor: number): Promise<void> {
  // Deno takes the number for one of its own, and may find one.
  if ('Deno' in globalThis) throw new NotTaken();
  // Exclusive: a worker of a cluster would ask its primary for the descriptor.
  await listening(socket, () => socket.bind({ fd: descriptor, exclusive: true })).catch((error) => {
    throw error.code === 'ERR_SOCKET_ALREADY_BOUND' ? new NotTaken(error) : error;
  });
}

/** The descriptor is still the caller's: it was refused for its cause, or this runtime takes none of datagram sockets. */
export class NotTaken extends Error {
  constructor(cause?: unknown) {
    super('This runtime does not take the descriptor of a datagram socket.', { cause });
  }
}

/**
 * Lets the server listen on a bound socket of Windows, for which Node has no descriptor: by a handle of the kind that Node
 * itself makes. A socket that is about to connect has one to learn the kind from; it is destroyed before it connects.
 */
export async function listenOnWindowsSocket(server: Server, socket: number, backlog?: number): Promise<void> {
  const model = new Socket().on('error', () => {});
  const kind = (model.connect(9, '127.0.0.1') as unknown as WithHandle)._handle!.constructor;
  model.destroy();
  const isServer = 1;
  const handle: Handle = Reflect.construct(kind, [isServer]);
  check(handle.open(socket), 'open');
  await listening(server, () => server.listen(handle, backlog));
}

/** The same for datagrams, where Node binds the handle that it has made: it is given the bound socket instead. */
export async function bindToWindowsSocket(datagram: DatagramSocket, socket: number): Promise<void> {
  const key = Object.getOwnPropertySymbols(datagram).find(({ description }) => description === 'state symbol');
  const handle = key && (datagram as unknown as Record<symbol, { handle?: Handle }>)[key]?.handle;
  if (!handle) throw new Error('This version of Node keeps the handle of a datagram socket where it is not known.');
  handle.bind = () => handle.open(socket);
  await listening(datagram, () => datagram.bind({ port: 0, exclusive: true }));
}

function check(status: number, what: string): void {
  if (status !== 0) throw Object.assign(new Error(`${what} failed with ${status}`), { errno: status, syscall: what });
}

/**
 * Waits until it listens.
 * @throws what `begin` throws, or the server says
 */
export async function listening(server: Server | DatagramSocket, begin: () => unknown): Promise<void> {
  const refused = new AbortController();
  const listens = once(server, 'listening', { signal: refused.signal });
  try {
    begin();
  } catch (error) {
    listens.catch(() => {});
    refused.abort(); // nobody listens for its errors in its place then
    throw error;
  }
  await listens;
}
