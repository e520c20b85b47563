import { once } from 'node:events';
import { createServer } from 'node:net';
import { thisHost } from '../host.ts';
import type { ServiceOptions } from '../open-service.ts';
import { InvalidParamsError, ServiceError } from '../protocol/errors.ts';
import { PortSet } from '../protocol/port-set.ts';
import { maximumPort } from '../protocol/ranges.ts';
import { KeptPorts } from './kept-ports.ts';
import { addressOf } from './place.ts';

/** What port is wanted; all of it may be left out. */
export interface GetPortOptions {
  /** The port, or the ports in the order they are wanted; where none can be had it is any other. 0 is any. */
  port?: number | Iterable<number>;
  /** Ports that are not to be given. */
  exclude?: Iterable<number>;
  /** The one local address that the port must be free on. Default: all. */
  host?: string;
  /** Accepted for get-port's sake: a port is always kept until the process ends or `clearLockedPorts()`. */
  reserve?: boolean;
}

const known: Record<keyof GetPortOptions, true> = { port: true, exclude: true, host: true, reserve: true };

/** The lowest port that is given where nobody asked for a certain one. */
const firstPort = 1024;

let kept: KeptPorts | undefined;
let clearing = Promise.resolve();

/**
 * A free TCP port, kept for this process until it ends, or `clearLockedPorts()`: no other process that asks gets it, and
 * on Linux neither port 0 nor a connection lands on it, while a server of yours listens on it as on any port.
 *
 * @throws InvalidParamsError bad values, naming each field
 * @throws ServiceError NoFreeRange, OsError, LedgerBusy, LedgerCorrupt, AccessDenied where the ledger cannot be written
 *
 * @example
 * const port = await getPort({ port: [3000, 3001] }); // one of the two, or any other
 * http.createServer(app).listen(port);
 */
export async function getPort(options: GetPortOptions = {}, service: ServiceOptions = {}): Promise<number> {
  const { wanted, exclude } = checked(options ?? {});
  const address = await addressOf(options?.host);
  if (address !== undefined) await checkIsLocal(address);
  await clearing.catch(() => {});
  kept ??= new KeptPorts(service, thisHost().platform);
  const ports = kept;
  for (const port of wanted) {
    if (!isPort(port)) throw invalidPort('port', port);
    if (port === 0) break;
    if (!exclude.has(port) && (await ports.keep(port, address))) return port;
  }
  return anyPort(ports, exclude);
}

/**
 * Frees all ports that `getPort` has given in this process, and forgets them: the next call may give them again. A call
 * after this one waits by itself until that is done.
 */
export function clearLockedPorts(): Promise<void> {
  const old = kept;
  kept = undefined;
  if (old) clearing = clearing.catch(() => {}).then(() => old.close());
  clearing.catch(() => {}); // whoever does not wait for it is told nothing
  return clearing;
}

/** From where automatic choice looks, or else from all that is not excluded. */
async function anyPort(ports: KeptPorts, exclude: PortSet): Promise<number> {
  const found = await ports.keepAny(undefined, (port) => !exclude.has(port));
  if (found !== undefined) return found;
  const allowed = new PortSet();
  for (let port = firstPort; port <= maximumPort; port++) if (!exclude.has(port)) allowed.add(port);
  const gaps = allowed.ranges().sort((a, b) => b.numberOfPorts - a.numberOfPorts);
  for (const gap of gaps) {
    const port = await ports.keepAny(gap);
    if (port !== undefined) return port;
  }
  throw new ServiceError('NoFreeRange', `No TCP port of ${firstPort} to ${maximumPort} is free and not excluded.`, {
    hint: 'Exclude fewer ports, or end what uses them.',
  });
}

const isPort = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= maximumPort;

const invalidPort = (field: string, value: unknown) =>
  new InvalidParamsError([{ field, message: `must be ports, 0 to ${maximumPort}; ${String(value)} is none` }]);

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value;

function checked(options: GetPortOptions): { wanted: Iterable<number>; exclude: PortSet } {
  const unknown = Object.keys(options).filter((field) => !Object.hasOwn(known, field));
  if (unknown.length) throw new InvalidParamsError(unknown.map((field) => ({ field, message: 'is not known' })));
  const { port = [], exclude = [] } = options;
  const wanted = typeof port === 'number' ? [port] : port;
  if (!isIterable(wanted)) throw invalidPort('port', port);
  if (Array.isArray(wanted)) for (const one of wanted) if (!isPort(one)) throw invalidPort('port', one);
  if (!isIterable(exclude)) throw invalidPort('exclude', exclude);
  const excluded = new PortSet();
  for (const one of exclude) {
    if (!isPort(one)) throw invalidPort('exclude', one);
    excluded.add(one);
  }
  return { wanted, exclude: excluded };
}

/** Refuses a host that is not this machine's, as a server would be refused it. */
async function checkIsLocal(address: string): Promise<void> {
  const server = createServer().listen({ port: 0, host: address, exclusive: true });
  await once(server, 'listening');
  server.close();
}
