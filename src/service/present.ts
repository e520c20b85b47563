import type { LedgerContent, LedgerView } from '../ledger/ledger.ts';
import type { PortExclusion, Reservation } from '../protocol/generated/contract.ts';
import type { ExclusionKeeper } from './exclusions/exclusions.ts';
import type { KnownReservations } from './reservations/known-reservations.ts';

/** What is there at one moment. */
export interface Present {
  reservations: Reservation[];
  /** Empty where the provider has none. */
  exclusions: PortExclusion[];
  /** What could not be looked at, one sentence each. */
  warnings: string[];
}

/** All that is recorded, own and system's, as a change of the ledger found it. */
export const contentOf = ({ own, system, exclusions }: LedgerView): LedgerContent => ({
  reservations: [...own, ...system],
  exclusions: [...exclusions.own, ...exclusions.system],
});

/** What is there by these records and by the system. */
export async function presentIn(
  known: KnownReservations,
  excluded: ExclusionKeeper,
  recorded: LedgerContent,
): Promise<Present> {
  const { reservations, warnings } = await known.all(recorded.reservations);
  const { exclusions, warnings: more } = await excluded.present(recorded.exclusions);
  return { reservations, exclusions, warnings: [...new Set([...warnings, ...more])] };
}
