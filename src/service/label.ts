import { ServiceError } from '../protocol/errors.ts';
import type { PortExclusion, Reservation } from '../protocol/generated/contract.ts';
import { describe, describeExclusion, startOfSentence } from './describe.ts';
import { keyOf } from './granted.ts';

/** What people call a reservation, why it is there, and which document asked for it. */
export type Label = Pick<Reservation, 'name' | 'reason' | 'document'>;

/** The label alone, without what is absent. */
export function labelOf({ name, reason, document }: Label): Label {
  return {
    ...(name !== undefined && { name }),
    ...(reason !== undefined && { reason }),
    ...(document !== undefined && { document }),
  };
}

/** Whether the two say the same. */
export const sameLabel = (a: Label, b: Label): boolean =>
  a.name === b.name && a.reason === b.reason && a.document === b.document;

/** The same with another label. */
export function relabelled<T extends Label>({ name: _, reason: __, document: ___, ...rest }: T, label: Label) {
  return { ...rest, ...labelOf(label) } as T;
}

/** Something that has a label. */
export type Labelled = { kind: 'reservation'; is: Reservation } | { kind: 'exclusion'; is: PortExclusion };

/**
 * Refuses another label where it is not the caller's to give.
 *
 * @param isSystems whether the record is in the system's ledger, which this user may only read
 * @throws ServiceError RangeReserved or RangeExcluded for what another document asked for, AccessDenied
 */
export function checkMayRelabel({ kind, is }: Labelled, label: Label, isSystems: boolean): void {
  const { document } = is;
  const target = keyOf(is);
  const what = startOfSentence(kind === 'reservation' ? describe(is) : describeExclusion(is));
  if (document !== undefined && document !== label.document) {
    throw new ServiceError(kind === 'reservation' ? 'RangeReserved' : 'RangeExcluded', `${what} is that document's.`, {
      target,
      hint: `Take it out of the document "${document}", or free the range first.`,
    });
  }
  if (isSystems) {
    throw new ServiceError('AccessDenied', `${what} is the system's; this user may not change it.`, {
      target,
      hint: 'Run it as root or from an elevated process.',
    });
  }
}
