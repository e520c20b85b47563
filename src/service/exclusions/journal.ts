import type { LedgerChange } from '../../ledger/ledger.ts';
import type { ExclusionRecord, PortExclusion, Reservation } from '../../protocol/generated/contract.ts';
import { keyOf } from '../../protocol/ranges.ts';
import type { Core } from '../core.ts';
import { joined } from '../label.ts';
import { persistentOf } from '../reservations/recorder.ts';
import type { Addition } from './addition.ts';
import { excluderOf } from './listing.ts';

/** Changes record and system of one exclusion after the other, within one change of the ledger. */
export class Journal {
  readonly #core: Core;
  readonly #change: LedgerChange;
  #records: readonly ExclusionRecord[];

  constructor(core: Core, change: LedgerChange) {
    this.#core = core;
    this.#change = change;
    this.#records = change.exclusions.own;
  }

  /** The exclusion as the system lists it now. */
  async add({ exclusion, request, record, listed }: Addition): Promise<PortExclusion> {
    const before = this.#records;
    if (!request) {
      if (record) await this.#write([...this.#without(record), record]);
      await this.#complete(exclusion);
      return exclusion;
    }
    const there = new Set(listed.map(keyOf));
    const stale = (item: ExclusionRecord) =>
      item.provider === this.#core.provider.name && item.protocol === request.protocol && !there.has(keyOf(item));
    await this.#write([...this.#without(record!).filter((item) => !stale(item)), record!]);
    try {
      return joined(await excluderOf(this.#core).add(request), record);
    } catch (error) {
      await this.#write(before);
      throw error;
    }
  }

  /** Makes it as it was before the addition. */
  async takeBack({ exclusion, before, request }: Addition): Promise<void> {
    if (before) return this.restore(before);
    if (request) await this.remove(exclusion);
  }

  async remove(exclusion: PortExclusion): Promise<void> {
    await excluderOf(this.#core).remove(exclusion, exclusion.own);
    if (!exclusion.own) return;
    try {
      await this.#write(this.#without(exclusion));
    } catch (error) {
      const { protocol, range, store } = exclusion;
      await excluderOf(this.#core).add({ protocol, range, store, restartNat: false });
      throw error;
    }
  }

  /** Makes it again. */
  async restore({ source: _, administered: __, own, ...exclusion }: PortExclusion): Promise<void> {
    const { protocol, range, store } = exclusion;
    const { provider, ledger } = this.#core;
    const { owner = ledger.owner('persistent'), createdAt = new Date().toISOString() } = exclusion;
    const record: ExclusionRecord = { ...exclusion, provider: provider.name, owner, createdAt };
    if (own) await this.#write([...this.#without(record), record]);
    await excluderOf(this.#core).add({ protocol, range, store, restartNat: false });
  }

  /** Takes the reservations out of the record that went for an exclusion. */
  async dropReservations(gone: readonly Reservation[]): Promise<void> {
    if (gone.length === 0) return;
    const left = new Set(gone.map(keyOf));
    await this.#change.write(this.#change.own.filter((item) => !left.has(keyOf(item))));
  }

  /** Makes the system have them again. */
  async restoreReservations(gone: readonly Reservation[]): Promise<void> {
    if (gone.length === 0) return;
    const { provider } = this.#core;
    await provider.settle(...persistentOf(provider, { own: this.#change.own, exclusions: this.#records }));
  }

  /** Adds what the system lost of an exclusion of this user, or what a killed worker left undone. */
  async #complete(exclusion: PortExclusion): Promise<void> {
    const record = this.#records.find((item) => keyOf(item) === keyOf(exclusion));
    if (!record) return;
    const { provider } = this.#core;
    const [reservations, lasting] = persistentOf(provider, { own: this.#change.own, exclusions: this.#records });
    await provider.settle(reservations, [...lasting, record]);
  }

  #without(gone: Pick<ExclusionRecord, 'protocol' | 'range'>): ExclusionRecord[] {
    return this.#records.filter((item) => keyOf(item) !== keyOf(gone));
  }

  async #write(records: readonly ExclusionRecord[]): Promise<void> {
    await this.#change.writeExclusions(records);
    this.#records = records;
  }
}
