import type { LedgerView } from '../../ledger/ledger.ts';
import type { Reservation, ReservationReleaseParams } from '../../protocol/generated/contract.ts';
import { checkRange, keyOf } from '../../protocol/ranges.ts';
import type { Core } from '../core.ts';
import { checkMayRelease } from '../refusals.ts';

/**
 * The reservations that are meant, one for each protocol, if the caller may free all of them.
 * @throws InvalidParamsError, ServiceError NotFound, AccessDenied, NotOwner, NotSupported
 */
export async function releasable(
  core: Core,
  { protocol, range, ...wanted }: Omit<ReservationReleaseParams, 'whatIf'>,
  { own, system }: LedgerView,
): Promise<Reservation[]> {
  if (range) checkRange(range, 'range.numberOfPorts');
  const { provider, known, held } = core;
  const isPlain = wanted.token === undefined && wanted.document === undefined;
  const found: Reservation[] = [];
  for (const one of protocol === undefined ? [undefined] : [protocol].flat()) {
    // Who frees thousands, one by one, is not to have all of them looked at for each.
    const mine = isPlain && one && range && held.get(keyOf({ protocol: one, range }));
    found.push(mine || (await known.getRecorded({ ...wanted, protocol: one, range }, [...own, ...system])));
  }
  for (const reservation of found) {
    const key = keyOf(reservation);
    checkMayRelease(reservation, {
      provider: provider.name,
      holds: held.has(key),
      isSystems: system.some((item) => keyOf(item) === key),
    });
  }
  return found;
}
