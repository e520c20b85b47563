import type { LedgerView } from '../../ledger/ledger.ts';
import type { ExclusionRemoveParams, PortExclusion, Reservation } from '../../protocol/generated/contract.ts';
import { checkRange, keyOf, sameRange } from '../../protocol/ranges.ts';
import type { Core } from '../core.ts';
import { checkMayRemove, noExclusion } from '../refusals.ts';
import { listedExclusions, lostExclusions, ofProvider } from './listing.ts';

/** Whether the system lists the reservation itself, as a range that nobody may bind in. */
export const isKernels = ({ enforcement }: Reservation): boolean => enforcement === 'kernel';

/**
 * The exclusions that are meant, one for each protocol, if the caller may remove all of them.
 * @throws InvalidParamsError, ServiceError NotFound, AccessDenied, NotOwner, NotSupported
 */
export async function removable(
  core: Core,
  { protocol, range, document, force = false }: Omit<ExclusionRemoveParams, 'whatIf'>,
  view: LedgerView,
): Promise<PortExclusion[]> {
  checkRange(range, 'range.numberOfPorts');
  const { own, system } = view.exclusions;
  const removed: PortExclusion[] = [];
  for (const one of [protocol].flat()) {
    const records = ofProvider(core, [...own, ...system]);
    const { exclusions } = await listedExclusions(core, [one], records);
    // A record can be given up, too.
    const known = [...exclusions, ...lostExclusions([one], records, exclusions)];
    const found = known.find((item) => sameRange(item.range, range));
    if (!found || (document !== undefined && found.document !== document)) throw noExclusion({ protocol: one, range });
    const reservation = await core.known.find({ protocol: one, range }, [...view.own, ...view.system]);
    checkMayRemove(found, {
      force,
      isSystems: system.some((item) => keyOf(item) === keyOf(found)),
      reservation: reservation && isKernels(reservation) ? reservation : undefined,
    });
    removed.push(found);
  }
  return removed;
}
