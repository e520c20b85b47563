import type { LedgerChange } from '../../ledger/ledger.ts';
import type { ExclusionRecord, LedgerRecord, Reservation } from '../../protocol/generated/contract.ts';
import { keyOf } from '../../protocol/ranges.ts';
import type { Provider } from '../../providers/provider.ts';
import { compared } from '../conditions.ts';
import type { Core } from '../core.ts';
import type { Prospect } from './batch.ts';
import type { Taker } from './obtain.ts';
import type { Granted } from './obtained.ts';

/** Takes for good. */
export const takerOf = ({ provider }: Core, { isShared }: Pick<LedgerChange, 'isShared'>): Taker => ({
  take: (claim) => provider.claim({ ...claim, isShared }),
  giveBack: (taken, replaced) => giveBack(provider, taken, replaced),
});

/**
 * Frees what was claimed, and makes again what went for it; one that fails does not keep the others. A persistent one is
 * in the system by its claim only where the system itself remembers it.
 */
async function giveBack(
  provider: Provider,
  claimed: readonly Reservation[],
  replaced: readonly Reservation[],
): Promise<void> {
  const failures: unknown[] = [];
  const held = claimed.filter((item) => provider.lookup || !isPersistent(item));
  for (const item of held) await provider.release(item).catch((error) => failures.push(error));
  if (provider.lookup) {
    for (const { protocol, range, lifetime } of replaced.filter(isPersistent)) {
      if ((await provider.lookup(protocol, range)) !== undefined) continue;
      await provider.claim({ protocol, range, lifetime }).catch((error) => failures.push(error));
    }
  }
  if (failures.length > 0) throw failures[0];
}

const isPersistent = ({ lifetime }: Reservation): boolean => lifetime === 'persistent';

/** What the ledger and the system come to by a change. */
export interface Records {
  /** What is new, or has another label. */
  fresh: readonly LedgerRecord[];
  /** What is recorded no more. */
  gone: readonly Reservation[];
  before: readonly LedgerRecord[];
  /** All of both: a killed worker leaves a record of what the system may have no more, and none that it hides. */
  between: readonly LedgerRecord[];
  after: readonly LedgerRecord[];
}

/** The records with these in the place of those of the same ports; a key is made for what may be one of them alone. */
function replaced(before: readonly LedgerRecord[], stored: readonly LedgerRecord[]): LedgerRecord[] {
  const fresh = new Map(stored.map((item) => [keyOf(item), item]));
  const starts = new Set(stored.map(({ range }) => range.startPort));
  const records = before.map((item) => {
    if (!starts.has(item.range.startPort)) return item;
    const key = keyOf(item);
    const now = fresh.get(key) ?? item;
    fresh.delete(key);
    return now;
  });
  return [...records, ...fresh.values()];
}

/** The records that the change makes of these. */
export function recordsOf(
  { provider }: Core,
  { obtained, gone }: Pick<Prospect, 'obtained' | 'gone'>,
  before: readonly LedgerRecord[],
): Records {
  const fresh = obtained.flatMap(({ changed, claimed }) => [...changed, ...claimed]);
  // A token that the system gives is looked up when it is needed and never stored: it may change at a reboot.
  const stored = provider.lookup ? fresh.map(({ token: _, ...record }) => record) : fresh;
  const between = replaced(before, stored);
  const kept = new Set(fresh.map(keyOf));
  const leaving = gone.filter((item) => !kept.has(keyOf(item)));
  const left = new Set(leaving.map(keyOf));
  return {
    fresh,
    gone: leaving,
    before,
    between,
    after: left.size === 0 ? between : between.filter((item) => !left.has(keyOf(item))),
  };
}

/** Writes the records and settles the system, in one step of each; whatever fails, both are as before. */
export async function record(
  core: Core,
  prospect: Pick<Prospect, 'obtained' | 'gone'>,
  change: LedgerChange,
  signal?: AbortSignal,
): Promise<void> {
  const { provider, held } = core;
  const records = recordsOf(core, prospect, change.own);
  const { fresh, gone, before, between, after } = records;
  if (fresh.length + gone.length === 0) return restore(core, prospect, change);
  const isSystems = [...fresh, ...gone].some(isPersistent);
  let isWritten = false;
  let isSettled = false;
  try {
    signal?.throwIfAborted();
    if (fresh.length > 0) {
      await change.write(between);
      isWritten = true;
    }
    if (isSystems) {
      isSettled = true; // in part, where it fails
      await provider.settle(...settlementOf(core, after, change, gone), fresh);
    }
    if (after.length < between.length) await change.write(after);
  } catch (error) {
    const claimed = prospect.obtained.flatMap((one) => one.claimed);
    const undoing = [
      () => giveBack(provider, claimed, gone),
      async () => isSettled && (await unsettle(core, records, change)),
      async () => isWritten && (await change.write(before)),
    ];
    // What cannot be undone does not keep the rest, and is less than why the change failed.
    for (const undo of undoing) await undo().catch(() => {});
    throw error;
  }
  for (const item of fresh) if (!isPersistent(item)) held.set(keyOf(item), item as Granted);
  for (const item of gone.filter((one) => !isPersistent(one))) {
    held.delete(keyOf(item));
    await provider.release(item);
  }
}

/** Gives the system again what it has lost of what was asked for again, and is the caller's. */
async function restore(core: Core, { obtained }: Pick<Prospect, 'obtained'>, change: LedgerChange): Promise<void> {
  const { provider } = core;
  if (!provider.conditions) return;
  const own = new Set(change.own.map(keyOf));
  const again = obtained.flatMap(({ existing }) => existing).filter((one) => own.has(keyOf(one)));
  const isGone = ({ state }: Reservation) => state === 'lost' || state === 'lostAtBoot';
  if (!(await compared(provider, { reservations: again })).reservations.some(isGone)) return;
  await provider.settle(...settlementOf(core, change.own, change), again);
}

/** Settles the system with the records of before. */
async function unsettle(core: Core, { fresh, before }: Records, change: LedgerChange): Promise<void> {
  const there = new Set(before.map(keyOf));
  const added = fresh.filter((item) => !there.has(keyOf(item)));
  await core.provider.settle(...settlementOf(core, before, change, added));
}

/** What `settle` is given where these are the records. */
export function settlementOf(
  { provider }: Core,
  own: readonly LedgerRecord[],
  { exclusions }: Pick<LedgerChange, 'exclusions'>,
  gone: readonly Reservation[] = [],
): [LedgerRecord[], ExclusionRecord[], Reservation[]] {
  return [...persistentOf(provider, { own, exclusions: exclusions.own }), gone.filter(isPersistent)];
}

/** The persistent reservations and exclusions that this provider answers for, as `settle` takes them. */
export function persistentOf(
  { name }: Provider,
  { own, exclusions }: { own: readonly LedgerRecord[]; exclusions: readonly ExclusionRecord[] },
): [LedgerRecord[], ExclusionRecord[]] {
  return [
    own.filter((item) => isPersistent(item) && item.provider === name),
    exclusions.filter((item) => item.store === 'persistent' && item.provider === name),
  ];
}
