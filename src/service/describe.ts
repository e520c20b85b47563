import type { PortExclusion, Reservation } from '../protocol/generated/contract.ts';
import { formatPorts } from '../protocol/ranges.ts';

const called = (name: string | undefined): string => (name ? ` "${name}"` : '');
const wish = (document: string | undefined): string => (document ? `, for the document "${document}"` : '');

/** A reservation in a message: `the runtime reservation tcp 5000-5009 "web" of ada (process 4711)`. */
export function describe({ protocol, range, lifetime, name, owner, document }: Reservation): string {
  const user = owner ? ` of ${owner.user}` : '';
  const process = owner?.processId === undefined ? '' : ` (process ${owner.processId})`;
  return `the ${lifetime} reservation ${formatPorts(protocol, range)}${called(name)}${user}${process}${wish(document)}`;
}

/** An exclusion in a message: `the exclusion tcp 5000-5009 "web" of ada, for the document "fleet"`. */
export function describeExclusion({
  protocol,
  range,
  name,
  owner,
  document,
}: Pick<PortExclusion, 'protocol' | 'range' | 'name' | 'owner' | 'document'>): string {
  const user = owner ? ` of ${owner.user}` : '';
  return `the exclusion ${formatPorts(protocol, range)}${called(name)}${user}${wish(document)}`;
}

/** A description at the start of a sentence. */
export const startOfSentence = (words: string): string => words[0]!.toUpperCase() + words.slice(1);

/** A reservation at the start of a sentence. */
export const described = (reservation: Reservation): string => startOfSentence(describe(reservation));
