import type { LedgerContent, LedgerView } from '../ledger/ledger.ts';
import type { PortExclusion, Reservation } from '../protocol/generated/contract.ts';
import { keyOf } from '../protocol/ranges.ts';
import type { Repeated } from '../providers/provider.ts';
import { compared } from './conditions.ts';
import type { Core } from './core.ts';
import type { ExclusionKeeper } from './exclusions/exclusions.ts';

/** What is there at one moment. */
export interface Present {
  reservations: Reservation[];
  /** Empty where the provider has none. */
  exclusions: PortExclusion[];
  /** What could not be looked at, and what the system lacks, one sentence each. */
  warnings: string[];
  /** Whether what the next restart loses is lost by somebody else's doing, and no change of ours helps. */
  isOverridden?: boolean;
  /** What other files set, and ours is to repeat; or, where that is done, what it repeats from now on. */
  repeated?: Repeated;
}

/** All that is recorded, own and system's, as a change of the ledger found it. */
export const contentOf = ({ own, system, exclusions }: LedgerView): LedgerContent => ({
  reservations: [...own, ...system],
  exclusions: [...exclusions.own, ...exclusions.system],
});

/** What is there by these records and by the system. */
export async function presentIn(
  { provider, known }: Core,
  excluded: ExclusionKeeper,
  recorded: LedgerContent,
): Promise<Present> {
  const { reservations, warnings } = await known.all(recorded.reservations);
  const { exclusions, warnings: more } = await excluded.present(recorded.exclusions);
  const { warnings: differences, ...found } = await compared(provider, { reservations, exclusions });
  return { ...found, warnings: [...new Set([...warnings, ...more, ...differences])] };
}

/** What is there now, each thing in the state that it was in before. */
export function withStatesOf(before: Present, now: Present): Present {
  const { repeated } = before;
  const isRepeated = repeated !== undefined && now.repeated === undefined;
  return {
    ...now,
    ...(isRepeated && { repeated, warnings: [repeated.told, ...now.warnings] }),
    reservations: statedAs(now.reservations, before.reservations),
    exclusions: statedAs(now.exclusions, before.exclusions),
  };
}

function statedAs<T extends Reservation | PortExclusion>(now: readonly T[], before: readonly T[]): T[] {
  const states = new Map(before.map((one) => [keyOf(one), one.state]));
  return now.map((one) => {
    const state = one.state && states.get(keyOf(one));
    return state ? { ...one, state } : one;
  });
}
