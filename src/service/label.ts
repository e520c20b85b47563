import { type ExclusionRecord, type Label, labelFields, type PortExclusion } from '../protocol/generated/contract.ts';
import type { SystemExclusion } from '../providers/excluder.ts';

export type { Label };

/** The label alone, without what is absent. */
export function labelOf(labelled: Label): Label {
  const given = labelFields.filter((field) => labelled[field] !== undefined);
  return Object.fromEntries(given.map((field) => [field, labelled[field]]));
}

/** Whether the two say the same. */
export const sameLabel = (a: Label, b: Label): boolean => labelFields.every((field) => a[field] === b[field]);

/** The same with another label. */
export function relabelled<T extends Label>(labelled: T, label: Label): T {
  const without = Object.entries(labelled).filter(([key]) => !(labelFields as readonly string[]).includes(key));
  return { ...Object.fromEntries(without), ...labelOf(label) } as T;
}

/** The exclusion with what is recorded of it. */
export function joined(exclusion: SystemExclusion, record: ExclusionRecord | undefined): PortExclusion {
  if (!record || !exclusion.administered) return { ...exclusion, own: false };
  const { owner, createdAt } = record;
  return { ...exclusion, own: true, ...labelOf(record), owner, createdAt };
}
