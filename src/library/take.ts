import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server } from 'node:net';
import { InvalidParamsError, ServiceError } from '../protocol/errors.ts';
import type { Protocol } from '../protocol/generated/contract.ts';
import { formatPorts } from '../protocol/ranges.ts';
import {
  checkNoListener,
  endWithThread,
  keepAlone,
  socketCloser,
  startListening,
  takeSocket,
} from '../providers/sockets/take-socket.ts';
import { bindTokenSocket, closeTokenSocket } from '../providers/windows/token-socket.ts';
import { addressOf, checkPort } from './place.ts';
import * as handles from './server-handle.ts';

/** Where on a reserved port. */
export interface TakeOptions {
  port: number;
  /** The local address or name. Default: all addresses, both families. */
  host?: string;
}

/** Where to listen, and how. */
export interface ListenOptions extends TakeOptions {
  /** How many connections may wait to be accepted. Default: Node's own. */
  backlog?: number;
  /**
   * Whether other sockets of this user that set SO_REUSEPORT may listen on the port too, and get their share of the
   * connections (Linux), such as other workers of a cluster. Default false: nobody else gets in.
   */
  reusePort?: boolean;
}

/** What opens a port that is reserved. */
export type HandOver =
  /** SO_REUSEPORT, as the user who holds it; where Linux enforces the reservation, with its token. */
  | { by: 'reusePort'; token?: bigint }
  /** The reservation's token; undefined where nothing but the record keeps the port. */
  | { by: 'token'; token: bigint | undefined };

/**
 * Lets the server listen on a reserved port while it stays reserved.
 * @throws InvalidParamsError, ServiceError PortInUse, AccessDenied, OsError; what the server says where it cannot listen
 */
export async function listenWith(handOver: HandOver, server: Server, options: ListenOptions): Promise<void> {
  const { port, host, backlog, reusePort = false } = options;
  checkPort(port);
  if (server.listening) throw new InvalidParamsError([{ field: 'server', message: 'listens already' }]);
  const address = await addressOf(host);
  if (handOver.by === 'reusePort') {
    if (!reusePort) await checkNoListener({ port, address });
    const descriptor = await takeSocket({ protocol: 'tcp', port, address, token: handOver.token });
    await orGivenBack(descriptor, port, handles.listenOnDescriptor(server, descriptor, backlog));
    if (!reusePort && server.listening) await keepAlone(descriptor, address);
    return;
  }
  const { token } = handOver;
  if (token === undefined) {
    return handles.listening(server, () => server.listen({ port, host: address, backlog, exclusive: true }));
  }
  const socket = await bindTokenSocket({ protocol: 'tcp', port, token, address });
  await orClosed(socket, handles.listenOnWindowsSocket(server, socket, backlog));
}

/** The same for a datagram socket, which must not be bound yet. */
export async function bindWith(handOver: HandOver, socket: DatagramSocket, options: TakeOptions): Promise<void> {
  const { port, host } = options;
  checkPort(port);
  const address = await addressOf(host);
  const binding = { protocol: 'udp', port, address, ipv4Only: isIpv4(socket) } as const;
  if (handOver.by === 'reusePort') {
    const descriptor = await takeSocket({ ...binding, token: handOver.token });
    return orGivenBack(descriptor, port, handles.bindToDescriptor(socket, descriptor));
  }
  const { token } = handOver;
  if (token === undefined) {
    return handles.listening(socket, () => socket.bind({ port, address, exclusive: true }));
  }
  const bound = await bindTokenSocket({ ...binding, token });
  await orClosed(bound, handles.bindToWindowsSocket(socket, bound));
}

/** A socket on a reserved port that no server of this process uses: for a child. */
export interface OpenedPort extends Disposable {
  readonly protocol: Protocol;
  readonly port: number;
  /** The descriptor: an element of `stdio` of a child. */
  readonly fd: number;
  /** Closes this process's end, when the child has been started. A second call does nothing. */
  close(): void;
}

/** How a port is opened for a child. */
export interface OpenOptions {
  protocol?: Protocol;
  /** The local address or name. Default: all addresses, both families. */
  host?: string;
  /**
   * Whether connections are taken at once and wait for the child to accept them, as systemd's sockets do. TCP alone.
   * Default true.
   */
  listening?: boolean;
  /** How many connections may wait. Default 511, as Node's. */
  backlog?: number;
}

const usualBacklog = 511;

/** Opens a reserved port for a child. */
export async function openWith(
  handOver: HandOver,
  {
    protocol,
    port,
    host,
    listening = true,
    backlog = usualBacklog,
  }: OpenOptions & { protocol: Protocol; port: number },
): Promise<OpenedPort> {
  checkPort(port);
  if (handOver.by === 'token') throw noDescriptors(protocol, port);
  const address = await addressOf(host);
  if (protocol === 'tcp') await checkNoListener({ port, address });
  const fd = await endWithThread(await takeSocket({ protocol, port, address, token: handOver.token }));
  const closeSocket = await socketCloser();
  let isOpen = true;
  const close = () => {
    if (isOpen) closeSocket(fd);
    isOpen = false;
  };
  if (protocol === 'tcp' && listening) {
    await startListening(fd, backlog).catch(thenThrow(close));
    await keepAlone(fd, address);
  }
  return { protocol, port, fd, close, [Symbol.dispose]: close };
}

const noDatagrams = (port: number, cause: Error) =>
  new ServiceError(
    'NotSupported',
    cause.message,
    {
      target: `udp ${port}`,
      hint: 'Use Node or Bun; or release the reservation, and bind the socket as any other.',
    },
    cause,
  );

const noDescriptors = (protocol: Protocol, port: number) =>
  new ServiceError('NotSupported', 'On Windows a child cannot be given a bound socket by its number.', {
    target: formatPorts(protocol, { startPort: port, numberOfPorts: 1 }),
    hint: 'Listen in this process, or reserve with `hold: "yield"` and let the child bind the port.',
  });

const thenThrow = (work: () => unknown) => (error: unknown) => {
  work();
  throw error;
};

/** A descriptor that Node did not take over is closed. */
const orGivenBack = (descriptor: number, port: number, work: Promise<void>): Promise<void> =>
  work.catch(async (error) => {
    if (!(error instanceof handles.NotTaken)) throw error;
    (await socketCloser())(descriptor);
    throw error.cause ?? noDatagrams(port, error);
  });

/** A socket that Node did not take over is closed. */
const orClosed = (socket: number, work: Promise<void>): Promise<void> =>
  work.catch(async (error) => {
    await closeTokenSocket(socket).catch(() => {});
    throw error;
  });

const isIpv4 = (socket: DatagramSocket) => (socket as unknown as { type: string }).type === 'udp4';
