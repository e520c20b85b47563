import type {
  NamePatterns,
  PortExclusion,
  PortRange,
  Protocol,
  Protocols,
  Reservation,
} from '../protocol/generated/contract.ts';
import { holdsPort, sameRange } from '../protocol/ranges.ts';
import { foldedName, plainName, wildcard } from '../protocol/wildcard.ts';
import { turns } from './turns.ts';

/** What of a list is wanted, as far as it is given. */
export interface Filter {
  protocol?: Protocols;
  lifetime?: Reservation['lifetime'];
  /** What holds this port. */
  port?: number;
  /** What has exactly this range. */
  range?: PortRange;
  token?: string;
  /** Whose name fits one of these patterns. */
  name?: NamePatterns;
  document?: string;
  own?: boolean;
}

type Listed = { protocol: Protocol; range: PortRange; name?: string; document?: string } & Partial<
  Pick<Reservation, 'lifetime' | 'token'> & Pick<PortExclusion, 'own'>
>;

/** Whether a thing is wanted. */
function matching({ protocol, port, range, name, ...same }: Filter): (item: Listed) => boolean {
  const protocols = protocol === undefined ? undefined : [protocol].flat();
  const patterns = name === undefined ? undefined : [name].flat().map(wildcard);
  const fields = ['lifetime', 'token', 'document', 'own'] as const;
  const asked = fields.filter((field) => same[field] !== undefined);
  return (item) =>
    (protocols === undefined || protocols.includes(item.protocol)) &&
    (port === undefined || holdsPort(item.range, port)) &&
    (range === undefined || sameRange(item.range, range)) &&
    (patterns === undefined || patterns.some((fits) => item.name !== undefined && fits(item.name))) &&
    asked.every((field) => item[field] === same[field]);
}

/** Those of the list that are wanted; a long list leaves room for other events in between. */
export async function selected<T extends Listed>(
  list: readonly T[],
  filter: Filter,
  signal?: AbortSignal,
): Promise<T[]> {
  const isWanted = matching(filter);
  const wanted: T[] = [];
  const turn = turns(signal);
  for (const item of list) {
    if (isWanted(item)) wanted.push(item);
    await turn();
  }
  return wanted;
}

/** The names asked for, wildcards aside, that nothing found has. */
export function missingNames(asked: NamePatterns | undefined, found: readonly { name?: string }[]): string[] {
  const names = new Set(found.map(({ name }) => foldedName(name ?? '')));
  const missing = [asked ?? []].flat().filter((pattern) => {
    const name = plainName(pattern);
    return name !== undefined && !names.has(foldedName(name));
  });
  return [...new Set(missing)];
}
