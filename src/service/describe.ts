import type { Reservation } from '../protocol/generated/contract.ts';
import { formatPorts } from '../protocol/ranges.ts';

/** A reservation in a message: `the runtime reservation tcp 5000-5009 "web" of ada (process 4711)`. */
export function describe({ protocol, range, lifetime, name, owner, document }: Reservation): string {
  const called = name ? ` "${name}"` : '';
  const user = owner ? ` of ${owner.user}` : '';
  const process = owner?.processId === undefined ? '' : ` (process ${owner.processId})`;
  const wish = document ? `, for the document "${document}"` : '';
  return `the ${lifetime} reservation ${formatPorts(protocol, range)}${called}${user}${process}${wish}`;
}

/** A description at the start of a sentence. */
export const startOfSentence = (words: string): string => words[0]!.toUpperCase() + words.slice(1);

/** A reservation at the start of a sentence. */
export const described = (reservation: Reservation): string => startOfSentence(describe(reservation));
