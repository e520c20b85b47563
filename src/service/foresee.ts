import type { LedgerView } from '../ledger/ledger.ts';
import type {
  ExclusionAddParams,
  ExclusionRemoveParams,
  PortExclusion,
  Reservation,
  ReservationReleaseParams,
} from '../protocol/generated/contract.ts';
import type { Core } from './core.ts';
import { type Addition, additionIn, additionRequest } from './exclusions/addition.ts';
import { excluderOf } from './exclusions/listing.ts';
import { removable } from './exclusions/removal.ts';
import type { Labelled } from './refusals.ts';
import { type Batch, type BatchOutcome, type Prospect, prospectOf, refused } from './reservations/batch.ts';
import type { Taker } from './reservations/obtain.ts';
import { recordsOf, settlementOf } from './reservations/recorder.ts';
import { releasable } from './reservations/release.ts';

/** Only looks. */
const lookerOf = ({ provider }: Core): Taker => ({
  take: async (claim) => void (await provider.check(claim)),
  giveBack: async () => {},
});

/**
 * What a change would do: it is decided as the change itself is, by the same records and the same checks (rights, overlap,
 * exclusions, a real bind), and where the change would write, it ends. What would be refused is refused, with the same
 * error.
 */
export class Foresight {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** What would come of each change. Of a free block another may be found when it is done. */
  async batch(batch: Batch, signal?: AbortSignal): Promise<BatchOutcome> {
    const view = await this.#core.ledger.foresee();
    const prospect = await prospectOf(this.#core, lookerOf(this.#core), batch, { view, signal });
    const refusal = await this.#refusalOf(prospect, view);
    return refusal === undefined ? prospect : refused(prospect, refusal);
  }

  /** What would be freed. */
  async release(params: ReservationReleaseParams): Promise<Reservation[]> {
    const view = await this.#core.ledger.foresee();
    const gone = await releasable(this.#core, params, view);
    const refusal = await this.#refusalOf({ obtained: [], gone }, view);
    if (refusal !== undefined) throw refusal;
    return gone;
  }

  /** What would be excluded. */
  async addExclusion(params: ExclusionAddParams, signal?: AbortSignal): Promise<PortExclusion[]> {
    return (await this.additions(params, { signal })).map(({ exclusion }) => asForeseen(exclusion));
  }

  /** What an addition would come to in each protocol. @param options.replaced what would go for it */
  async additions(
    params: ExclusionAddParams,
    { replaced = [], signal }: { replaced?: readonly Labelled[]; signal?: AbortSignal } = {},
  ): Promise<Addition[]> {
    const request = { ...additionRequest(params), replaced };
    const view = await this.#core.ledger.foresee();
    const additions: Addition[] = [];
    for (const protocol of request.protocols) {
      const addition = await additionIn(this.#core, protocol, request, { view, signal });
      if (addition.request) await excluderOf(this.#core).checkAddition(addition.request);
      additions.push(addition);
    }
    return additions;
  }

  /** What would be given back to automatic choice. */
  async removeExclusion(params: ExclusionRemoveParams): Promise<PortExclusion[]> {
    const removed = await removable(this.#core, params, await this.#core.ledger.foresee());
    for (const one of removed) await excluderOf(this.#core).checkRemoval(one, one.own);
    return removed;
  }

  /** Why the system would not keep what is to be recorded; undefined where it would. */
  async #refusalOf(prospect: Pick<Prospect, 'obtained' | 'gone'>, view: LedgerView): Promise<unknown> {
    const { fresh, gone, after } = recordsOf(this.#core, prospect, view.own);
    if (![...fresh, ...gone].some(({ lifetime }) => lifetime === 'persistent')) return undefined;
    try {
      await this.#core.provider.checkSettled(...settlementOf(this.#core, after, view, gone));
      return undefined;
    } catch (error) {
      return error;
    }
  }
}

/** What is not there yet was not made at any time. */
export const asForeseen = <T extends { createdAt?: string }>({ createdAt: _, ...rest }: T): T => rest as T;
