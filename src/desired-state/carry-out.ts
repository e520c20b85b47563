import type {
  ChangeError,
  DesiredChange,
  PortRange,
  Protocol,
  ReservationCreateAllParams,
} from '../protocol/generated/contract.ts';
import { type Label, labelOf } from '../service/label.ts';
import type { PortService } from '../service/port-service.ts';
import { changeError, failureOf } from './change-error.ts';
import type { DesiredItem } from './items.ts';
import { type Existing, isDue, type Plan, type Stale, type Step } from './plan.ts';

/** How many are reserved under one lock; others wait for it meanwhile. */
const mostTogether = 50;

/** What ends all attempts: each further one would wait as long for the same answer. */
const hopeless = ['LedgerBusy', 'LedgerCorrupt'];

const cancelled: ChangeError = { name: 'RequestCancelled', message: 'The request was cancelled before this was done.' };

/**
 * Carries a plan out, step by step, each under the ledger's lock. What fails is noted at its change; so is what the signal
 * came too early for.
 */
export class CarryOut {
  readonly #service: PortService;
  readonly #document: string;
  readonly #signal: AbortSignal | undefined;
  #end: ChangeError | undefined;

  constructor(service: PortService, document: string, signal?: AbortSignal) {
    this.#service = service;
    this.#document = document;
    this.#signal = signal;
  }

  async all({ pruned, steps }: Plan): Promise<void> {
    for (const stale of pruned) await this.#release(stale);
    const due = steps.filter(({ changes }) => changes.some(isDue));
    const isSimple = ({ item, inTheWay }: Step) => item.kind === 'reservation' && inTheWay.length === 0;
    // What makes room first: others may need it too.
    for (const step of due) if (!isSimple(step)) await this.#step(step);
    const simple = due.filter(isSimple);
    while (simple.length > 0) await this.#together(simple.splice(0, mostTogether));
  }

  /** Reserves for several entries in one change of the ledger. */
  async #together(steps: readonly Step[]): Promise<void> {
    let outcomes: PromiseSettledResult<unknown>[] = [];
    const failed = await this.#attempt(async () => {
      outcomes = await this.#service.createEach(steps.map(({ item }) => this.#wanted(item)));
    });
    for (const [index, { changes }] of steps.entries()) {
      const outcome = outcomes[index];
      const error = failed ?? (outcome?.status === 'rejected' ? changeError(outcome.reason) : undefined);
      if (error) fail(changes, error);
    }
  }

  /** An entry that fails in one of its protocols is made in none, and keeps what was in its way. */
  async #step({ item, changes, inTheWay }: Step): Promise<void> {
    const released: Stale[] = [];
    for (const stale of inTheWay) if (await this.#release(stale)) released.push(stale);
    const missing = changes.filter(({ action }) => action === 'create').map(({ protocol }) => protocol);
    const error = await this.#attempt(() => this.#make(item, missing));
    if (!error) return;
    fail(changes, error);
    for (const stale of released) await this.#restore(stale, error);
  }

  /** Whether it was released by this. */
  async #release({ existing, change }: Stale): Promise<boolean> {
    const { protocol, range } = existing.is;
    const which = { protocol, range, document: this.#document };
    const error = await this.#attempt(() =>
      existing.kind === 'reservation' ? this.#service.release(which) : this.#service.removeExclusion(which),
    );
    // Another apply was faster, or the range is somebody else's by now: either way there is nothing to do.
    if (error?.name === 'NotFound') change.action = 'none';
    else if (error) change.error = error;
    return !error;
  }

  /** Makes room for nothing, after all. Somebody may have taken the room already. */
  async #restore({ existing, change }: Stale, error: ChangeError): Promise<void> {
    const { kind, is } = existing;
    const store = existing.kind === 'exclusion' ? existing.is.store : 'persistent';
    const again = { kind, protocol: is.protocol, range: is.range, store, label: is };
    if (!(await failureOf(() => this.#makeOne(again)))) change.error = error;
  }

  #labelOf(item: DesiredItem): Label {
    return labelOf({ ...item, document: this.#document });
  }

  #wanted(item: DesiredItem): ReservationCreateAllParams {
    const { protocols, range } = item;
    return { protocol: protocols, ...range, lifetime: 'persistent', ifExists: 'update', ...this.#labelOf(item) };
  }

  async #make(item: DesiredItem, missing: readonly Protocol[]): Promise<void> {
    const { kind, protocols, range, store } = item;
    if (kind === 'reservation') {
      await this.#service.createAll(this.#wanted(item));
      return;
    }
    const label = this.#labelOf(item);
    const made: Protocol[] = [];
    const there = protocols.filter((protocol) => !missing.includes(protocol));
    try {
      // What may well fail comes first, and can be taken back.
      for (const protocol of [...missing, ...there]) {
        await this.#makeOne({ kind, protocol, range, store, label });
        if (missing.includes(protocol)) made.push(protocol);
      }
    } catch (error) {
      for (const protocol of made) await failureOf(() => this.#service.removeExclusion({ protocol, range }));
      throw error;
    }
  }

  async #makeOne({ kind, protocol, range, store, label }: One): Promise<void> {
    const what = { protocol, ifExists: 'update', ...labelOf(label) } as const;
    if (kind === 'exclusion') await this.#service.addExclusion({ ...what, range, store });
    else await this.#service.create({ ...what, ...range, lifetime: 'persistent' });
  }

  async #attempt(work: () => Promise<unknown>): Promise<ChangeError | undefined> {
    if (this.#signal?.aborted) this.#end ??= cancelled;
    if (this.#end) return this.#end;
    try {
      await work();
      return undefined;
    } catch (error) {
      const noted = changeError(error);
      if (hopeless.includes(noted.name)) this.#end = noted;
      return noted;
    }
  }
}

/** Notes the error at all that was to be done. */
function fail(changes: readonly DesiredChange[], error: ChangeError): void {
  for (const change of changes.filter(isDue)) change.error = error;
}

/** What is to be there in one protocol. */
interface One {
  kind: Existing['kind'];
  protocol: Protocol;
  range: PortRange;
  store: DesiredItem['store'];
  label: Label;
}
