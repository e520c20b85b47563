import type { LedgerChange } from '../../ledger/ledger.ts';
import type {
  ExclusionAddParams,
  ExclusionListParams,
  ExclusionRecord,
  ExclusionRemoveParams,
  ListedExclusions,
  PortExclusion,
} from '../../protocol/generated/contract.ts';
import { byPlace, keyOf, sameRange } from '../../protocol/ranges.ts';
import type { CallOptions } from '../call-options.ts';
import { compared } from '../conditions.ts';
import type { Core } from '../core.ts';
import { missingNames, selected } from '../matching.ts';
import type { Labelled } from '../refusals.ts';
import { persistentOf } from '../reservations/recorder.ts';
import { type Addition, additionIn, additionRequest } from './addition.ts';
import { Journal } from './journal.ts';
import { allProtocols, listedExclusions, lostExclusions, ofProvider } from './listing.ts';
import { isKernels, removable } from './removal.ts';

/**
 * Keeps ranges out of automatic choice. The system has the exclusions; the ledger records those made here, so that what
 * others made is left alone.
 *
 * An exclusion is recorded before the system is asked for it, and taken from the system before its record goes: a killed
 * worker leaves a record without an exclusion, which is not listed, and which the next change completes or drops.
 */
export class ExclusionKeeper {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  async list(params: ExclusionListParams, { signal }: CallOptions): Promise<ListedExclusions> {
    const { protocol = [...allProtocols], name } = params;
    const recorded = await this.#core.ledger.readAll();
    const records = ofProvider(this.#core, recorded.exclusions);
    const { exclusions, warnings } = await listedExclusions(this.#core, [protocol].flat(), records);
    const reserved = new Set(recorded.reservations.filter(isKernels).map(keyOf));
    // Our own file says which ports of the one list are for reservations; where somebody has taken it away, the record does.
    const { provider } = this.#core;
    const [kept] = persistentOf(provider, { own: recorded.reservations, exclusions: [] });
    const isKept = ({ range }: PortExclusion) => !provider.lookup && kept.some((one) => sameRange(one.range, range));
    const listed = exclusions.filter((item) => item.own || !(reserved.has(keyOf(item)) || isKept(item)));
    // What could not be looked at is not known to be lost.
    if (warnings.length === 0) listed.push(...lostExclusions([protocol].flat(), records, exclusions));
    const found = await compared(this.#core.provider, { exclusions: await selected(listed, params, signal) });
    const wanted = found.exclusions.sort(byPlace);
    const missing = missingNames(name, wanted);
    const all = [...warnings, ...found.warnings];
    return { exclusions: wanted, ...(all.length && { warnings: all }), ...(missing.length && { missing }) };
  }

  /** What was made, and what was there already. @param options.replaced what of the caller's goes for it */
  add(
    params: ExclusionAddParams,
    { replaced = [], signal }: { replaced?: readonly Labelled[]; signal?: AbortSignal } = {},
  ): Promise<Addition[]> {
    const request = { ...additionRequest(params), replaced };
    return this.#core.ledger.change(
      async (change) => {
        const additions: Addition[] = [];
        for (const protocol of request.protocols) {
          additions.push(await additionIn(this.#core, protocol, request, { view: change, signal }));
        }
        signal?.throwIfAborted();
        const journal = new Journal(this.#core, change);
        const replacing = additions.flatMap(({ request: asked }) => asked?.replacing ?? []);
        const added: Addition[] = [];
        const gone: PortExclusion[] = [];
        try {
          for (const one of replaced) {
            if (one.kind === 'reservation') continue;
            await journal.remove(one.is);
            gone.push(one.is);
          }
          // What may well fail comes first, and can be taken back.
          for (const one of byRisk(additions)) {
            added.push({ ...one, exclusion: await journal.add(one) });
          }
          await journal.dropReservations(replacing);
        } catch (error) {
          for (const one of added.reverse()) await journal.takeBack(one);
          for (const one of gone.reverse()) await journal.restore(one);
          await journal.restoreReservations(replacing);
          throw error;
        }
        return additions.map(({ exclusion }) => added.find((one) => keyOf(one.exclusion) === keyOf(exclusion))!);
      },
      { signal },
    );
  }

  async remove(params: ExclusionRemoveParams, signal?: AbortSignal): Promise<PortExclusion[]> {
    return this.#core.ledger.change(
      async (change) => {
        const removed = await removable(this.#core, params, change);
        const journal = new Journal(this.#core, change);
        const gone: PortExclusion[] = [];
        try {
          for (const one of removed) {
            await journal.remove(one);
            gone.push(one);
          }
        } catch (error) {
          for (const one of gone.reverse()) await journal.restore(one);
          throw error;
        }
        return removed;
      },
      { signal },
    );
  }

  /** Completes what a killed worker left undone, also of an exclusion until the next restart that is in force. */
  async settle({ own, exclusions }: LedgerChange): Promise<void> {
    const { provider } = this.#core;
    const [reservations, lasting] = persistentOf(provider, { own, exclusions: exclusions.own });
    const active = ofProvider(this.#core, exclusions.own).filter(({ store }) => store === 'active');
    const listed = active.length > 0 ? (await listedExclusions(this.#core, allProtocols, active)).exclusions : [];
    const inForce = new Set(listed.map(keyOf));
    const all = [...lasting, ...active.filter((item) => inForce.has(keyOf(item)))];
    // One who has none may not have the right either.
    if (reservations.length + all.length > 0) await provider.settle(reservations, all);
  }

  /** All exclusions, by these records; none where the provider has none. */
  async present(records: readonly ExclusionRecord[]): Promise<{ exclusions: PortExclusion[]; warnings: string[] }> {
    if (!this.#core.provider.excluder) return { exclusions: [], warnings: [] };
    return listedExclusions(this.#core, allProtocols, ofProvider(this.#core, records));
  }
}

/** What is asked of the system before what is only recorded. */
const byRisk = (additions: readonly Addition[]): Addition[] => [
  ...additions.filter(({ request }) => request),
  ...additions.filter(({ request }) => !request),
];
