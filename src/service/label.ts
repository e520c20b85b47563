import type { ExclusionRecord, PortExclusion, Reservation } from '../protocol/generated/contract.ts';
import type { SystemExclusion } from '../providers/provider.ts';

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

/** The exclusion with what is recorded of it. */
export function joined(exclusion: SystemExclusion, record: ExclusionRecord | undefined): PortExclusion {
  if (!record || !exclusion.administered) return { ...exclusion, own: false };
  const { owner, createdAt } = record;
  return { ...exclusion, own: true, ...labelOf(record), owner, createdAt };
}
