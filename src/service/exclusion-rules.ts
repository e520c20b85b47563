import { ServiceError } from '../protocol/errors.ts';
import type {
  ExclusionStore,
  PortExclusion,
  PortRange,
  Protocol,
  Reservation,
} from '../protocol/generated/contract.ts';
import { endPort, formatPorts, formatRange, overlap, sameRange } from '../protocol/ranges.ts';
import { describe, describeExclusion } from './describe.ts';

/** Whether the second range lies in the first. */
export const holdsAll = (outer: PortRange, inner: PortRange): boolean =>
  outer.startPort <= inner.startPort && endPort(inner) <= endPort(outer);

/** Whether it stays as long as is asked for. */
export const lasts = (item: Pick<PortExclusion, 'store'>, store: ExclusionStore): boolean =>
  item.store === 'persistent' || store === 'active';

/**
 * What is excluded already and does what is asked for; undefined where nothing stands against making it. Ranges that
 * nobody may bind in (a driver's, a reservation) are left to the system to refuse.
 *
 * @throws ServiceError RangeExcluded for one that overlaps and does not do
 */
export function alreadyThere(
  { protocol, range, store }: { protocol: Protocol; range: PortRange; store: ExclusionStore },
  listed: readonly PortExclusion[],
): PortExclusion | undefined {
  const overlapping = listed.filter((item) => item.administered && overlap(item.range, range));
  const target = formatPorts(protocol, range);
  for (const item of overlapping) {
    if (item.own && sameRange(item.range, range)) return lasts(item, store) ? item : undefined;
    if (item.own) {
      throw new ServiceError('RangeExcluded', `${target} overlaps ${describeExclusion(item)}.`, {
        target,
        hint: `Choose ports outside ${formatRange(item.range)}, or remove that exclusion first.`,
      });
    }
    if (holdsAll(item.range, range) && lasts(item, store)) return item;
    const isShorter = holdsAll(item.range, range);
    const why = isShorter
      ? `${target} is excluded by somebody else already, and only until the next restart`
      : `${target} overlaps the exclusion ${formatPorts(protocol, item.range)} that somebody else made`;
    const instead = isShorter
      ? 'Ask for the active store, which is met'
      : `Choose ports outside ${formatRange(item.range)}`;
    throw new ServiceError('RangeExcluded', `${why} (${item.source}).`, {
      target,
      hint: `${instead}, or have that exclusion removed first.`,
    });
  }
  return undefined;
}

/** What removal needs to know of its caller. */
export interface Remover {
  /** Whether the caller wants it removed even if somebody else made it. */
  force: boolean;
  /** Whether the record is in the system's ledger, which this user may only read. */
  isSystems: boolean;
  /** The reservation that the system lists as this range, if it is one. */
  reservation: Reservation | undefined;
}

/**
 * Refuses to remove what is no exclusion, or not the caller's.
 * @throws ServiceError NotFound, AccessDenied, NotOwner
 */
export function checkMayRemove(exclusion: PortExclusion, { force, isSystems, reservation }: Remover): void {
  const { protocol, range, own, administered, source } = exclusion;
  const target = formatPorts(protocol, range);
  if (reservation) {
    throw new ServiceError('NotFound', `${target} is no exclusion but ${describe(reservation)}.`, {
      target,
      hint: 'Release the reservation instead.',
    });
  }
  if (!administered) {
    throw new ServiceError('NotFound', `${target} is no exclusion but a range of a driver or of another program.`, {
      target,
      hint: 'Nobody but its owner can give it back.',
    });
  }
  if (isSystems) {
    throw new ServiceError('AccessDenied', `${target} is excluded by the system; this user may not change that.`, {
      target,
      hint: 'Run it as root or from an elevated process.',
    });
  }
  if (own || force) return;
  throw new ServiceError('NotOwner', `Somebody else made the exclusion ${target} (${source}).`, {
    target,
    hint: 'Remove it with force if you know that nobody needs it.',
  });
}

/** There is no such exclusion. */
export function noExclusion({ protocol, range }: { protocol: Protocol; range: PortRange }): ServiceError {
  const target = formatPorts(protocol, range);
  return new ServiceError('NotFound', `There is no exclusion of ${target}.`, {
    target,
    hint: 'The range must be exactly the excluded one. List the exclusions to see them.',
  });
}
