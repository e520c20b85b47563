import type { ExclusionRecord, LedgerRecord, PortExclusion, Reservation } from '../protocol/generated/contract.ts';
import type { Exclusions } from './exclusions.ts';
import type { KnownReservations } from './known-reservations.ts';

/** What is there at one moment. */
export interface Present {
  reservations: Reservation[];
  /** Empty where the provider has none. */
  exclusions: PortExclusion[];
  /** What could not be looked at, one sentence each. */
  warnings: string[];
}

/** What is there by these records and by the system. */
export async function presentIn(
  known: KnownReservations,
  excluded: Exclusions,
  records: readonly LedgerRecord[],
  exclusionRecords: readonly ExclusionRecord[],
): Promise<Present> {
  const { reservations, warnings } = await known.all(records);
  const { exclusions, warnings: more } = await excluded.present(exclusionRecords);
  return { reservations, exclusions, warnings: [...new Set([...warnings, ...more])] };
}
