import type { LedgerView } from '../../ledger/ledger.ts';
import type { LedgerRecord, Reservation, ReservationReleaseParams } from '../../protocol/generated/contract.ts';
import { keyOf } from '../../protocol/ranges.ts';
import type { Core } from '../core.ts';
import { turns } from '../turns.ts';
import { type Circumstances, obtain, type Surveys, type Taker } from './obtain.ts';
import { type Made, madeOf, type Obtained } from './obtained.ts';
import { releasable } from './release.ts';
import type { CreateRequest } from './requests.ts';

/** What is made together or not at all, in place of what goes for it. */
export interface Wish {
  requests: readonly CreateRequest[];
  /**
   * Persistent reservations of the caller that go where this is made, and stay where it is not. One that is not there, or
   * by now another document's, is left alone.
   */
  replaces?: readonly Pick<Reservation, 'protocol' | 'range' | 'document'>[];
}

/** Which reservation is to be freed. */
type Release = Omit<ReservationReleaseParams, 'whatIf'>;

/** Changes of the reservations that are recorded in one step. Each is done or refused by itself. */
export interface Batch {
  wishes?: readonly Wish[];
  releases?: readonly Release[];
}

/** What came of a wish. */
interface Fulfilled {
  /** One for each of its requests. */
  made: Made[];
  /** What went for it. */
  gone: Reservation[];
}

/** What came of each change. */
export interface BatchOutcome {
  wishes: PromiseSettledResult<Fulfilled>[];
  releases: PromiseSettledResult<Reservation[]>[];
}

/** What the batch comes to, before anything is recorded. */
export interface Prospect extends BatchOutcome {
  obtained: readonly Obtained[];
  /** What is to be recorded no more. */
  gone: readonly Reservation[];
}

/** What the same comes to where it cannot be recorded: all that could be done is refused for the same reason. */
export function refused({ wishes, releases }: BatchOutcome, reason: unknown): BatchOutcome {
  const no = { status: 'rejected', reason } as const;
  const orNo = <T>(one: PromiseSettledResult<T>) => (one.status === 'rejected' ? one : no);
  return { wishes: wishes.map(orNo), releases: releases.map(orNo) };
}

/** What was read before the ledger's lock was taken. */
interface Ahead {
  look?: object;
  surveys?: Surveys;
}

/**
 * Reads what the choices need of the system, while nobody waits for the ledger's lock. What cannot be read is for whom it
 * concerns to find.
 */
export async function lookAhead({ provider }: Core, { wishes = [] }: Batch): Promise<Required<Ahead>> {
  const choosing = wishes.flatMap(({ requests }) => requests.filter(({ range }) => !range));
  const protocols = [...new Set(choosing.flatMap((request) => request.protocols))];
  const look = {};
  const surveys: Surveys = new Map();
  await Promise.allSettled(
    protocols.map(async (protocol) => surveys.set(protocol, await provider.survey(protocol, false, look))),
  );
  return { look, surveys };
}

/** Takes what can be had, one after the other. What is released or replaced is in nobody's way. */
export async function prospectOf(
  core: Core,
  taker: Taker,
  { wishes = [], releases = [] }: Batch,
  { view, signal, look = {}, surveys = new Map() }: Ahead & { view: LedgerView; signal?: AbortSignal },
): Promise<Prospect> {
  const prospect = { wishes: [], releases: [], obtained: [], gone: [] } as {
    [K in keyof Prospect]: Prospect[K][number][];
  };
  const turn = turns(signal);
  for (const release of releases) {
    await turn();
    const [outcome] = await Promise.allSettled([releasable(core, release, view)]);
    prospect.releases.push(outcome);
    if (outcome.status === 'fulfilled') prospect.gone.push(...outcome.value);
  }
  let own = without(view.own, prospect.gone);
  for (const wish of wishes) {
    try {
      await turn();
    } catch (error) {
      await taker.giveBack(claimedOf(prospect.obtained), prospect.gone);
      throw error;
    }
    const now = { ...view, own };
    const replaced = replacedOf(wish, now);
    const [outcome] = await Promise.allSettled([
      obtainTogether(core, taker, wish, { view: now, replacing: replaced, look, surveys, signal }),
    ]);
    if (outcome.status === 'rejected') {
      prospect.wishes.push(outcome);
      continue;
    }
    prospect.obtained.push(...outcome.value);
    prospect.gone.push(...replaced);
    own = without(own, replaced).concat(claimedOf(outcome.value));
    prospect.wishes.push({ status: 'fulfilled', value: { made: outcome.value.map(madeOf), gone: replaced } });
  }
  return prospect;
}

/** What was taken, and is in the system. */
export const claimedOf = (obtained: readonly Obtained[]): LedgerRecord[] => obtained.flatMap(({ claimed }) => claimed);

function without(records: readonly LedgerRecord[], gone: readonly Reservation[]): readonly LedgerRecord[] {
  if (gone.length === 0) return records;
  const left = new Set(gone.map(keyOf));
  return records.filter((item) => !left.has(keyOf(item)));
}

const replacedOf = ({ replaces = [] }: Wish, { own }: LedgerView): LedgerRecord[] =>
  own.filter((item) =>
    replaces.some(
      (one) => item.lifetime === 'persistent' && keyOf(one) === keyOf(item) && one.document === item.document,
    ),
  );

async function obtainTogether(
  core: Core,
  taker: Taker,
  { requests }: Wish,
  { view, ...circumstances }: Circumstances & { replacing: readonly LedgerRecord[] },
): Promise<Obtained[]> {
  const { replacing } = circumstances;
  const obtained: Obtained[] = [];
  const staying = without(view.own, replacing);
  try {
    for (const request of requests) {
      const now = { ...view, own: staying.concat(claimedOf(obtained)) };
      obtained.push(await obtain(core, taker, request, { view: now, ...circumstances }));
    }
    return obtained;
  } catch (error) {
    await taker.giveBack(claimedOf(obtained), replacing);
    throw error;
  }
}
