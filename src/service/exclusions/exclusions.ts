import type { Ledger, LedgerChange } from '../../ledger/ledger.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type {
  ExclusionAddParams,
  ExclusionList,
  ExclusionListParams,
  ExclusionRecord,
  ExclusionRemoveParams,
  PortExclusion,
  Protocol,
  Reservation,
} from '../../protocol/generated/contract.ts';
import { byPlace, checkRange, keyOf, sameRange } from '../../protocol/ranges.ts';
import type { Provider } from '../../providers/provider.ts';
import { joined, type Label, labelOf, relabelled, sameLabel } from '../label.ts';
import { matching } from '../matching.ts';
import { checkMayRelabel, checkMayRemove, noExclusion } from '../refusals.ts';
import type { KnownReservations } from '../reservations/known-reservations.ts';
import { persistentOf } from '../reservations/recorder.ts';
import { alreadyThere } from './rules.ts';

const protocols: readonly Protocol[] = ['tcp', 'udp'];

/** What the work on exclusions needs. */
export interface ExclusionSurroundings {
  provider: Provider;
  ledger: Ledger;
  known: KnownReservations;
}

/**
 * Keeps ranges out of automatic choice. The system has the exclusions; the ledger records those made here, so that what
 * others made is left alone.
 *
 * An exclusion is recorded before the system is asked for it, and taken from the system before its record goes: a killed
 * worker leaves a record without an exclusion, which is not listed, and which the next change completes or drops.
 */
export class Exclusions {
  readonly #provider: Provider;
  readonly #ledger: Ledger;
  readonly #known: KnownReservations;

  constructor({ provider, ledger, known }: ExclusionSurroundings) {
    this.#provider = provider;
    this.#ledger = ledger;
    this.#known = known;
  }

  async list({ protocol, port, name }: ExclusionListParams): Promise<ExclusionList> {
    const matches = matching({ port, name });
    const asked = protocol === undefined ? protocols : [protocol];
    const recorded = await this.#ledger.readAll();
    const { exclusions, warnings } = await this.#listed(asked, this.ofProvider(recorded.exclusions));
    const reserved = new Set(recorded.reservations.filter(isKernels).map(keyOf));
    const wanted = exclusions.filter((item) => (item.own || !reserved.has(keyOf(item))) && matches(item));
    wanted.sort(byPlace);
    return { exclusions: wanted, ...(warnings.length && { warnings }) };
  }

  async add(params: ExclusionAddParams, signal?: AbortSignal): Promise<PortExclusion> {
    const { protocol, range, store = 'persistent', restartNat = false, ifExists } = params;
    checkRange(range, 'range.numberOfPorts');
    return this.#ledger.change(async (change) => {
      const recorded = this.ofProvider([...change.exclusions.own, ...change.exclusions.system]);
      const { exclusions } = await this.#listed([protocol], recorded);
      const existing = alreadyThere({ protocol, range, store }, exclusions);
      if (existing) {
        await this.#complete(existing, change);
        return ifExists === 'update' ? this.#relabel(existing, labelOf(params), change) : existing;
      }
      await this.#known.refuseOverlap([protocol], range, [...change.own, ...change.system]);
      signal?.throwIfAborted();
      const before = change.exclusions.own;
      const isIt = (item: Pick<PortExclusion, 'protocol' | 'range'>) => keyOf(item) === keyOf(params);
      const others = this.#stillThere(before, protocol, exclusions).filter((item) => !isIt(item));
      // Its own record is there where it was asked for until the next restart, or where a killed worker left it.
      const recordedLabel = ifExists === 'update' ? {} : before.find(isIt);
      const shorter = exclusions.find((item) => item.own && isIt(item));
      if (shorter && ifExists === 'update') this.#checkMayRelabel(shorter, labelOf(params), change);
      const record = this.#recordOf({ protocol, range, store }, { ...recordedLabel, ...labelOf(params) });
      await change.writeExclusions([...others, record]);
      try {
        return joined(await this.#provider.exclude({ protocol, range, store, restartNat, signal }), record);
      } catch (error) {
        await change.writeExclusions(before);
        throw error;
      }
    }, signal);
  }

  async remove(
    { protocol, range, document, force = false }: ExclusionRemoveParams,
    signal?: AbortSignal,
  ): Promise<PortExclusion> {
    checkRange(range, 'range.numberOfPorts');
    return this.#ledger.change(async (change) => {
      const { own, system } = change.exclusions;
      const { exclusions } = await this.#listed([protocol], this.ofProvider([...own, ...system]));
      const found = exclusions.find((item) => sameRange(item.range, range));
      if (!found || (document !== undefined && found.document !== document)) throw noExclusion({ protocol, range });
      const reservation = await this.#known.find({ protocol, range }, [...change.own, ...change.system]);
      checkMayRemove(found, {
        force,
        isSystems: system.some((item) => keyOf(item) === keyOf(found)),
        reservation: reservation && isKernels(reservation) ? reservation : undefined,
      });
      await this.#provider.unexclude(found, found.own);
      if (found.own) await this.#forget(found, change);
      return found;
    }, signal);
  }

  /** Adds what the system lost of an exclusion of this user, or what a killed worker left undone. */
  async #complete(existing: PortExclusion, { own, exclusions }: LedgerChange): Promise<void> {
    const record = exclusions.own.find((item) => keyOf(item) === keyOf(existing));
    if (!record) return;
    const [reservations, lasting] = persistentOf(this.#provider, { own, exclusions: exclusions.own });
    await this.#provider.settle(reservations, [...lasting, record]);
  }

  /** Completes what a killed worker left undone, also of an exclusion until the next restart that is in force. */
  async settle({ own, exclusions }: LedgerChange): Promise<void> {
    const [reservations, lasting] = persistentOf(this.#provider, { own, exclusions: exclusions.own });
    const active = this.ofProvider(exclusions.own).filter(({ store }) => store === 'active');
    const listed = active.length > 0 ? (await this.#listed(protocols, active)).exclusions : [];
    const inForce = new Set(listed.map(keyOf));
    const all = [...lasting, ...active.filter((item) => inForce.has(keyOf(item)))];
    // One who has none may not have the right either.
    if (reservations.length + all.length > 0) await this.#provider.settle(reservations, all);
  }

  /** All exclusions, by these records; none where the provider has none. */
  async present(records: readonly ExclusionRecord[]): Promise<{ exclusions: PortExclusion[]; warnings: string[] }> {
    try {
      return await this.#listed(protocols, this.ofProvider(records));
    } catch (error) {
      if (error instanceof ServiceError && error.errorName === 'NotSupported') return { exclusions: [], warnings: [] };
      throw error;
    }
  }

  /** Gives an own exclusion another label; another's has none. */
  async #relabel(existing: PortExclusion, label: Label, change: LedgerChange): Promise<PortExclusion> {
    if (!existing.own || sameLabel(existing, label)) return existing;
    this.#checkMayRelabel(existing, label, change);
    const target = keyOf(existing);
    const relabel = (item: ExclusionRecord) => (keyOf(item) === target ? relabelled(item, label) : item);
    await change.writeExclusions(change.exclusions.own.map(relabel));
    return relabelled(existing, label);
  }

  #checkMayRelabel(existing: PortExclusion, label: Label, { exclusions }: LedgerChange): void {
    const target = keyOf(existing);
    const isSystems = exclusions.system.some((item) => keyOf(item) === target);
    checkMayRelabel({ kind: 'exclusion', is: existing }, label, isSystems);
  }

  /** Takes the exclusion out of the record; where that fails, the system gets it back. */
  async #forget(found: PortExclusion, change: LedgerChange): Promise<void> {
    const { protocol, range, store } = found;
    try {
      await change.writeExclusions(change.exclusions.own.filter((item) => keyOf(item) !== keyOf(found)));
    } catch (error) {
      await this.#provider.exclude({ protocol, range, store, restartNat: false });
      throw error;
    }
  }

  async #listed(asked: readonly Protocol[], recorded: readonly ExclusionRecord[]) {
    const { exclusions, warnings } = await this.#provider.exclusions(asked, recorded);
    const records = new Map(recorded.map((record) => [keyOf(record), record]));
    return { exclusions: exclusions.map((item) => joined(item, records.get(keyOf(item)))), warnings };
  }

  /** The records without those of this protocol that the system has no more. */
  #stillThere(records: readonly ExclusionRecord[], protocol: Protocol, listed: readonly PortExclusion[]) {
    const there = new Set(listed.map(keyOf));
    return records.filter(
      (item) => item.provider !== this.#provider.name || item.protocol !== protocol || there.has(keyOf(item)),
    );
  }

  /** Those of the records that this provider answers for. */
  ofProvider(records: readonly ExclusionRecord[]): ExclusionRecord[] {
    return records.filter((item) => item.provider === this.#provider.name);
  }

  #recordOf(what: Pick<ExclusionRecord, 'protocol' | 'range' | 'store'>, label: Label): ExclusionRecord {
    return {
      ...what,
      provider: this.#provider.name,
      ...labelOf(label),
      owner: this.#ledger.owner('persistent'),
      createdAt: new Date().toISOString(),
    };
  }
}

/** Whether the system lists the reservation itself, as a range that nobody may bind in. */
const isKernels = ({ enforcement }: Reservation): boolean => enforcement === 'kernel';
