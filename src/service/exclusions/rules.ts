import { ServiceError } from '../../protocol/errors.ts';
import type { ExclusionStore, PortExclusion, PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { endPort, formatPorts, formatRange, overlap, sameRange } from '../../protocol/ranges.ts';
import { describeExclusion } from '../describe.ts';

/** Whether the second range lies in the first. */
export const holdsAll = (outer: PortRange, inner: PortRange): boolean =>
  outer.startPort <= inner.startPort && endPort(inner) <= endPort(outer);

/** Whether it stays as long as is asked for. */
export const lasts = (item: Pick<PortExclusion, 'store'>, store: ExclusionStore): boolean =>
  item.store === 'persistent' || store === 'active';

/** What an exclusion is to be. */
export interface WantedExclusion {
  protocol: Protocol;
  range: PortRange;
  store: ExclusionStore;
  /** Whether an own one that lasts longer does not do either. */
  exactly?: boolean;
}

/**
 * What is excluded already and does what is asked for; undefined where nothing stands against making it. Ranges that
 * nobody may bind in (a driver's, a reservation) are left to the system to refuse.
 *
 * @throws ServiceError RangeExcluded for one that overlaps and does not do
 */
export function alreadyThere(
  { protocol, range, store, exactly = false }: WantedExclusion,
  listed: readonly PortExclusion[],
): PortExclusion | undefined {
  const overlapping = listed.filter((item) => item.administered && overlap(item.range, range));
  const target = formatPorts(protocol, range);
  for (const item of overlapping) {
    if (item.own && sameRange(item.range, range)) {
      return (exactly ? item.store === store : lasts(item, store)) ? item : undefined;
    }
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
