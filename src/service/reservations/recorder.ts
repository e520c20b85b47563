import type { LedgerChange } from '../../ledger/ledger.ts';
import type { ExclusionRecord, LedgerRecord, Token } from '../../protocol/generated/contract.ts';
import { keyOf } from '../../protocol/ranges.ts';
import type { Provider } from '../../providers/provider.ts';

/** A reservation made here: owner, time and token are known. */
export type Granted = LedgerRecord & { token: Token };

/** What a request asks to be recorded. */
export interface Claims {
  /** What was there already, and whose record changes. */
  changed: LedgerRecord[];
  /** What was claimed from the system, and is given back where it cannot be recorded. */
  claimed: Granted[];
}

/** Records what was claimed: in the ledger, and for what is persistent in the system. */
export class Recorder {
  readonly #provider: Provider;
  readonly #held: Map<string, Granted>;

  constructor(provider: Provider, held: Map<string, Granted>) {
    this.#provider = provider;
    this.#held = held;
  }

  /** Writes the records and settles the system; whatever fails, both are as before. */
  async record(obtained: readonly Claims[], change: LedgerChange, signal?: AbortSignal): Promise<void> {
    const claimed = obtained.flatMap((one) => one.claimed);
    const fresh = [...obtained.flatMap(({ changed }) => changed), ...claimed];
    if (fresh.length === 0) return;
    const before = change.own;
    const records = new Map(
      [...before, ...fresh.map((item) => this.#recordOf(item))].map((item) => [keyOf(item), item]),
    );
    const after = [...records.values()];
    let written = false;
    try {
      signal?.throwIfAborted();
      await change.write(after);
      written = true;
      if (fresh.some(({ lifetime }) => lifetime === 'persistent')) {
        await this.#provider.settle(...persistentOf(this.#provider, { own: after, exclusions: change.exclusions.own }));
      }
      for (const item of fresh) if (item.lifetime === 'runtime') this.#held.set(keyOf(item), item as Granted);
    } catch (error) {
      await this.giveBack(claimed);
      if (written) await change.write(before);
      throw error;
    }
  }

  /** A token that the system gives is looked up when it is needed and never stored: it may change at a reboot. */
  #recordOf(reservation: LedgerRecord): LedgerRecord {
    if (!this.#provider.lookup) return reservation;
    const { token: _, ...record } = reservation;
    return record;
  }

  /** Frees what was claimed; one that fails does not keep the others. */
  async giveBack(claimed: readonly Granted[]): Promise<void> {
    const failures: unknown[] = [];
    for (const item of claimed) await this.#provider.release(item).catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}

/** The persistent reservations and exclusions that this provider answers for, as `settle` takes them. */
export function persistentOf(
  { name }: Provider,
  { own, exclusions }: { own: readonly LedgerRecord[]; exclusions: readonly ExclusionRecord[] },
): [LedgerRecord[], ExclusionRecord[]] {
  return [
    own.filter((item) => item.lifetime === 'persistent' && item.provider === name),
    exclusions.filter((item) => item.store === 'persistent' && item.provider === name),
  ];
}
