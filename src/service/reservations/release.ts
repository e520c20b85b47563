import type { LedgerChange } from '../../ledger/ledger.ts';
import type { LedgerRecord, Reservation, ReservationReleaseParams } from '../../protocol/generated/contract.ts';
import { keyOf } from '../../protocol/ranges.ts';
import type { Provider } from '../../providers/provider.ts';
import { checkMayRelease } from '../refusals.ts';
import type { KnownReservations } from './known-reservations.ts';
import { type Granted, persistentOf } from './recorder.ts';

/** What a release works with. */
export interface ReleaseSurroundings {
  provider: Provider;
  known: KnownReservations;
  /** The runtime reservations held here; what is released is taken out. */
  held: Map<string, Granted>;
}

/** Frees what is asked for, within one change of the ledger. Whatever fails, everything is as before. */
export async function release(
  wanted: ReservationReleaseParams,
  change: LedgerChange,
  { provider, known, held }: ReleaseSurroundings,
): Promise<Reservation> {
  const reservation = await known.get(wanted, [...change.own, ...change.system]);
  const key = keyOf(reservation);
  checkMayRelease(reservation, {
    provider: provider.name,
    holds: held.has(key),
    isSystems: change.system.some((item) => keyOf(item) === key),
  });
  const rest = change.own.filter((item) => keyOf(item) !== key);
  if (reservation.lifetime === 'runtime') {
    await change.write(rest);
    held.delete(key);
    await provider.release(reservation);
  } else {
    await releasePersistent(reservation, { provider, change, rest });
  }
  return reservation;
}

async function releasePersistent(
  reservation: Reservation,
  { provider, change, rest }: { provider: Provider; change: LedgerChange; rest: readonly LedgerRecord[] },
): Promise<void> {
  const before = change.own;
  await provider.release(reservation);
  if (rest.length === before.length) return;
  try {
    await change.write(rest);
  } catch (error) {
    await provider.settle(...persistentOf(provider, { own: before, exclusions: change.exclusions.own }));
    throw error;
  }
}
