import { codes } from '../../native/windows/codes.ts';
import { type GuestPorts, guestPortRanges } from '../../native/windows/guest-ports.ts';
import { isServiceRunning } from '../../native/windows/services.ts';
import { type TableSocket, tableSockets } from '../../native/windows/socket-tables.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import type { ExcludedRow } from './excluded-port-ranges.ts';
import type { HiddenRange } from './hidden-range.ts';
import { dynamicPortRange, excludedPortRanges, type ReservedUrl, reservedUrls, type Store } from './netsh.ts';
import { isCode } from './windows-error.ts';

/** The service that gives ports to virtual machines. To ask where it does not run would start it. */
const guestService = 'hns';

/**
 * What one request has read of Windows: each start of netsh costs more than a thousand binds, so each table is read once,
 * when it is first wanted.
 */
export class Sight {
  /** Ranges that were found to be refused without being shown. */
  readonly hidden = new Map<Protocol, HiddenRange[]>();
  /** The protocols of which this process may bind no port at all. */
  readonly refusesAll = new Set<Protocol>();
  readonly #read = new Map<string, Promise<unknown>>();

  #once<T>(what: string, read: () => Promise<T>): Promise<T> {
    const known = this.#read.get(what) as Promise<T> | undefined;
    if (known) return known;
    const reading = read();
    this.#read.set(what, reading);
    return reading;
  }

  /**
   * The rows in force.
   * @throws ServiceError OsError
   */
  rows(protocol: Protocol): Promise<ExcludedRow[]> {
    return this.#once(`rows ${protocol}`, () => excludedPortRanges('ipv4', protocol, 'active'));
  }

  /**
   * The rows of a store.
   * @throws ServiceError OsError
   */
  rowsIn(protocol: Protocol, store: Store): Promise<ExcludedRow[]> {
    if (store === 'active') return this.rows(protocol);
    return this.#once(`lasting ${protocol}`, () => excludedPortRanges('ipv4', protocol, store));
  }

  /** @throws NativeError */
  sockets(protocol: Protocol): Promise<TableSocket[]> {
    return this.#once(`sockets ${protocol}`, () => tableSockets(protocol));
  }

  /** @throws ServiceError OsError */
  urls(): Promise<ReservedUrl[]> {
    return this.#once('urls', reservedUrls);
  }

  /** @throws ServiceError OsError */
  dynamicRange(protocol: Protocol): Promise<PortRange> {
    return this.#once(`dynamic ${protocol}`, () => dynamicPortRange(protocol));
  }

  /** What guests such as WSL have, as far as Windows has that table and this user may read it. */
  async guests(protocol: Protocol): Promise<PortRange[]> {
    const all = await this.#once('guests', guestRanges);
    return all.filter((one) => one.protocol === protocol).map(({ range }) => range);
  }

  /** Reads the rows anew when they are wanted next: some of them are gone. */
  forgetRows(protocol: Protocol): void {
    this.#read.delete(`rows ${protocol}`);
    this.#read.delete(`lasting ${protocol}`);
  }
}

/** A service that did not answer once is not waited for again. */
let isSilent = false;

/** The ranges of guests; none where they cannot be read. */
async function guestRanges(): Promise<GuestPorts[]> {
  try {
    return !isSilent && (await isServiceRunning(guestService)) ? await guestPortRanges() : [];
  } catch (error) {
    isSilent ||= isCode(error, codes.WAIT_TIMEOUT);
    // An ordinary user may be refused, and an older Windows has no such table: binds tell what they can.
    return [];
  }
}

const sights = new WeakMap<object, Sight>();

/** What was read for the same request before; nothing yet where it is another, or none is named. */
export function sightOf(look: object | undefined): Sight {
  if (!look) return new Sight();
  const known = sights.get(look) ?? new Sight();
  sights.set(look, known);
  return known;
}
