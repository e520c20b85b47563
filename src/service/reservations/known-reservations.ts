import type { LedgerRecord, PortRange, Protocol, Protocols, Reservation } from '../../protocol/generated/contract.ts';
import { keyOf, overlap, sameRange } from '../../protocol/ranges.ts';
import type { Provider } from '../../providers/provider.ts';
import { notFound, refuseOverlap, type Wanted } from '../refusals.ts';
import type { Granted } from './obtained.ts';

const fits = ({ token, protocol, range, document }: Wanted, item: Reservation): boolean =>
  (document === undefined || item.document === document) &&
  (token === undefined || item.token === token) &&
  (protocol === undefined || item.protocol === protocol) &&
  (range === undefined || sameRange(item.range, range));

/** Joins the ledger's records with what the system itself says, where it has a memory of its own. */
export class KnownReservations {
  readonly #provider: Provider;
  readonly #held: ReadonlyMap<string, Granted>;

  constructor(provider: Provider, held: ReadonlyMap<string, Granted>) {
    this.#provider = provider;
    this.#held = held;
  }

  /** The records that still hold, with their tokens as far as this process may know them. */
  async verified(records: readonly LedgerRecord[]): Promise<Reservation[]> {
    if (!this.#provider.lookup) return [...records];
    const verified: Reservation[] = [];
    for (const record of records) {
      if (record.lifetime === 'runtime' || record.provider !== this.#provider.name) {
        verified.push(this.#held.get(keyOf(record)) ?? record);
        continue;
      }
      const token = await this.#provider.lookup(record.protocol, record.range);
      if (token !== undefined) verified.push({ ...record, token: String(token) });
    }
    return verified;
  }

  /**
   * Refuses a range that shares a port with one of these that still holds. Those alone are looked up.
   * @throws ServiceError RangeReserved
   */
  async refuseOverlap(
    protocols: readonly Protocol[],
    range: PortRange,
    records: readonly LedgerRecord[],
  ): Promise<void> {
    const inTheWay = records.filter((item) => protocols.includes(item.protocol) && overlap(item.range, range));
    refuseOverlap(range, await this.verified(inTheWay), (one) => this.#held.has(keyOf(one)));
  }

  /** The records that still hold, and the reservations that only the system knows. */
  async all(records: readonly LedgerRecord[]): Promise<{ reservations: Reservation[]; warnings: string[] }> {
    const reservations = await this.verified(records);
    if (!this.#provider.keptRanges) return { reservations, warnings: [] };
    const recorded = new Set(records.map(keyOf));
    const { ranges, warnings } = await this.#provider.keptRanges();
    for (const kept of ranges) {
      if (recorded.has(keyOf(kept))) continue;
      const found = await this.#unrecorded(kept.protocol, kept.range);
      if (found) reservations.push(found);
    }
    return { reservations, warnings };
  }

  /** Those of the records that the system has lost, where it remembers them itself. */
  lost(records: readonly LedgerRecord[], found: readonly Reservation[]): Reservation[] {
    const { lookup, name } = this.#provider;
    if (!lookup) return [];
    const there = new Set(found.map(keyOf));
    return records
      .filter((one) => one.lifetime === 'persistent' && one.provider === name && !there.has(keyOf(one)))
      .map(({ token: _, ...one }) => ({ ...one, state: 'lost' }));
  }

  /** The same where a list asks for no more than one range, which the system can be asked for. */
  async listed(
    { range, protocol = ['tcp', 'udp'] }: { range?: PortRange; protocol?: Protocols },
    records: readonly LedgerRecord[],
  ): Promise<{ reservations: Reservation[]; warnings: string[] }> {
    if (!range) return this.all(records);
    const found: Reservation[] = [];
    for (const one of [protocol].flat()) {
      const reservation = await this.find({ protocol: one, range }, records);
      if (reservation) found.push(reservation);
    }
    return { reservations: found, warnings: [] };
  }

  /** The reservation that fits, from the records or from the system. */
  async find(wanted: Wanted, records: readonly LedgerRecord[]): Promise<Reservation | undefined> {
    const { token: _, ...known } = wanted; // tokens are looked up below
    const recorded = (await this.verified(records.filter((item) => fits(known, item)))).find((item) =>
      fits(wanted, item),
    );
    if (recorded || !this.#provider.lookup) return recorded;
    const { protocol, range } = wanted;
    if (!protocol || !range) return (await this.all(records)).reservations.find((item) => fits(wanted, item));
    const found = await this.#unrecorded(protocol, range);
    return found && fits(wanted, found) ? found : undefined;
  }

  /**
   * The same where it must be there.
   * @throws ServiceError NotFound
   */
  async get(wanted: Wanted, records: readonly LedgerRecord[]): Promise<Reservation> {
    const found = await this.find(wanted, records);
    if (!found) throw notFound(wanted);
    return found;
  }

  /**
   * The same, or what is recorded of it and the system has lost: a record can be given up, too.
   * @throws ServiceError NotFound
   */
  async getRecorded(wanted: Wanted, records: readonly LedgerRecord[]): Promise<Reservation> {
    const found = await this.find(wanted, records);
    const meant = records.filter((item) => fits(wanted, item));
    const known = found ?? this.lost(meant, [])[0];
    if (!known) throw notFound(wanted);
    return known;
  }

  /** A persistent reservation that another program made. */
  async #unrecorded(protocol: Protocol, range: PortRange): Promise<Reservation | undefined> {
    const token = await this.#provider.lookup?.(protocol, range);
    if (token === undefined) return undefined;
    const { name: provider, capabilities } = this.#provider;
    const enforcement = capabilities.persistent;
    return { protocol, range, token: String(token), lifetime: 'persistent', enforcement, provider };
  }
}
