import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server } from 'node:net';
import { InvalidParamsError, ServiceError } from '../protocol/errors.ts';
import type { Protocol, Reservation } from '../protocol/generated/contract.ts';
import { endPort, formatPorts, holdsPort } from '../protocol/ranges.ts';
import {
  bindWith,
  type HandOver,
  type ListenOptions,
  listenWith,
  type OpenedPort,
  type OpenOptions,
  openWith,
  type TakeOptions,
} from './take.ts';

/** A reservation in this process, freed by `release()` or at the end of an `await using` block. */
export interface HeldReservation extends Reservation, AsyncDisposable {
  /** Every port of the range, ascending. */
  readonly ports: readonly number[];
  /** One reservation of the range for each protocol asked for; the first is this one. */
  readonly reservations: readonly Reservation[];

  /**
   * Lets a server of `net`, `http`, `https` or `http2` listen on a port of the block while it stays reserved: there is no
   * moment at which another could take it.
   *
   * @param options the port, by default the first of the block; host, backlog, reusePort
   * @returns the port
   * @throws InvalidParamsError a port outside the block, a server that listens already, no tcp in the reservation
   * @throws ServiceError PortInUse where a server listens on it already, NotFound after release, OsError
   *
   * @example
   * const server = http.createServer(app);
   * await block.listen(server);
   */
  listen(server: Server, options?: Partial<ListenOptions>): Promise<number>;

  /**
   * Lets a datagram socket use a port of the block while it stays reserved.
   *
   * @param options the port, by default the first of the block; host
   * @returns the port
   * @throws as `listen` does
   */
  bind(socket: DatagramSocket, options?: Partial<TakeOptions>): Promise<number>;

  /**
   * Opens a port of the block for a child: its descriptor is an element of the child's `stdio`. Not on Windows.
   *
   * @param port by default the first of the block
   * @throws as `listen` does; ServiceError NotSupported on Windows
   *
   * @example
   * using socket = await block.open();
   * spawn(process.execPath, ['server.js'], { stdio: ['inherit', 'inherit', 'inherit', socket.fd] });
   * // in server.js: http.createServer(app).listen({ fd: 3 })
   */
  open(port?: number, options?: OpenOptions): Promise<OpenedPort>;

  /** Frees the reservation; servers that listen go on. A second call does nothing. */
  release(): Promise<void>;
}

/** What a reservation in this process is made of. */
export interface Holding {
  /** At least one. */
  reservations: readonly Reservation[];
  /** What opens the ports of one of them. */
  handOver: (reservation: Reservation) => HandOver;
  /** Frees them all. */
  release: () => Promise<void>;
  /** Ends the holding and keeps what outlives it. */
  close: () => Promise<void>;
}

export function heldReservation({ reservations, handOver, ...holding }: Holding): HeldReservation {
  const [first] = reservations as [Reservation];
  const { startPort, numberOfPorts } = first.range;
  /** Where a datagram socket is: the system would let a second one in, and give it nothing. */
  const bound = new Set<number>();
  let released: Promise<void> | undefined;
  const release = () => {
    released ??= holding.release();
    return released;
  };
  const opened = (protocol: Protocol, port: number): HandOver => {
    const target = formatPorts(protocol, { startPort: port, numberOfPorts: 1 });
    if (released)
      throw new ServiceError('NotFound', 'The reservation has been released.', { target, hint: reserveAgain });
    const reservation = reservations.find((item) => item.protocol === protocol);
    if (!reservation) throw invalid('protocol', `must have been reserved; this is a reservation of ${first.protocol}`);
    if (!holdsPort(first.range, port))
      throw invalid('port', `must be in the reservation, ${startPort} to ${endPort(first.range)}`);
    return handOver(reservation);
  };
  return {
    ...first,
    reservations,
    ports: Array.from({ length: numberOfPorts }, (_, index) => startPort + index),
    release,
    async listen(server, { port = startPort, ...options } = {}) {
      await listenWith(opened('tcp', port), server, { port, ...options });
      return port;
    },
    async bind(socket, { port = startPort, ...options } = {}) {
      const handOver = opened('udp', port);
      if (bound.has(port)) throw boundAlready(port);
      await bindWith(handOver, socket, { port, ...options });
      bound.add(port);
      socket.once('close', () => bound.delete(port));
      return port;
    },
    async open(port = startPort, { protocol = first.protocol, ...options } = {}) {
      return openWith(opened(protocol, port), { ...options, protocol, port });
    },
    [Symbol.asyncDispose]: () => (first.lifetime === 'runtime' ? release() : holding.close()),
  };
}

const boundAlready = (port: number) =>
  new ServiceError('PortInUse', `A socket of this process has udp ${port} already.`, {
    target: `udp ${port}`,
    port,
    hint: 'Close that socket first, or take another port of the block.',
  });

const reserveAgain = 'Reserve again, or listen before the release.';

const invalid = (field: string, message: string) => new InvalidParamsError([{ field, message }]);
