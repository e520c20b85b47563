import { keyOf } from '../protocol/ranges.ts';
import type { Present } from '../service/present.ts';
import { changesOf, type Plan } from './plan.ts';

/**
 * What stays of the document under a name that it gives to other ports now: a change without prune leaves both, and who looks
 * for the name finds two.
 */
export function leftTwice({ reservations }: Present, plan: Plan, document: string): string[] {
  const wanted = plan.steps.filter(({ item }) => item.kind === 'reservation' && item.exist);
  const changed = new Set(changesOf(plan).map((change) => `${change.kind} ${keyOf(change)}`));
  const left = reservations.filter(
    (one) =>
      one.lifetime === 'persistent' &&
      one.document === document &&
      !changed.has(`reservation ${keyOf(one)}`) &&
      wanted.some(({ item }) => item.label.name === one.name && item.protocols.includes(one.protocol)),
  );
  return left
    .filter(({ name }) => name !== undefined)
    .map(
      (one) =>
        `${keyOf(one)} still has the name "${one.name}", which the document gives to other ports now: with prune it is released.`,
    );
}
