import { ServiceError } from '../protocol/errors.ts';
import type { Reservation } from '../protocol/generated/contract.ts';

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

/** What stands against another label. */
export interface Labelled {
  /** What has the label, at the start of a sentence. */
  what: string;
  target: string;
  /** The error for what another document asked for. */
  errorName: 'RangeReserved' | 'RangeExcluded';
  /** The document that asked for it. */
  document: string | undefined;
  /** Whether the record is in the system's ledger, which this user may only read. */
  isSystems: boolean;
}

/**
 * Refuses another label where it is not the caller's to give.
 * @throws ServiceError RangeReserved or RangeExcluded, AccessDenied
 */
export function checkMayRelabel({ what, target, errorName, document, isSystems }: Labelled, label: Label): void {
  if (document !== undefined && document !== label.document) {
    throw new ServiceError(errorName, `${what} is that document's.`, {
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
