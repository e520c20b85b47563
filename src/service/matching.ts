import type {
  NamePatterns,
  PortExclusion,
  PortRange,
  Protocol,
  Protocols,
  Reservation,
} from '../protocol/generated/contract.ts';
import { holdsPort, sameRange } from '../protocol/ranges.ts';

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
export function matching({ protocol, port, range, name, ...same }: Filter): (item: Listed) => boolean {
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

/** The names asked for, wildcards aside, that nothing found has. */
export function missingNames(asked: NamePatterns | undefined, found: readonly { name?: string }[]): string[] {
  const missing = [asked ?? []].flat().filter((pattern) => {
    const fits = wildcard(pattern);
    return !hasWildcards(pattern) && !found.some(({ name }) => name !== undefined && fits(name));
  });
  return [...new Set(missing)];
}

/** Whether the pattern may fit several names. */
const hasWildcards = (pattern: string): boolean => /[*?[]/.test(pattern.replace(/`./g, ''));

/**
 * A test for names by a pattern as PowerShell's -like has it: `*`, `?`, `[a-z]`, a backtick before one of them makes it
 * plain, and upper and lower case are the same.
 */
export function wildcard(pattern: string): (name: string) => boolean {
  let source = '';
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index]!;
    const close = character === '[' ? pattern.indexOf(']', index + 2) : -1;
    if (character === '*') source += '.*';
    else if (character === '?') source += '.';
    else if (character === '`' && index + 1 < pattern.length) source += escaped(pattern[++index]!);
    else if (close > 0) {
      source += `[${pattern.slice(index + 1, close).replace(/[\\\]^[]/g, '\\$&')}]`;
      index = close;
    } else source += escaped(character);
  }
  const expression = compiled(source);
  return (name) => expression.test(name);
}

const escaped = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');

/** A set such as [z-a] is no regular expression; then nothing matches. */
function compiled(source: string): RegExp {
  try {
    return new RegExp(`^${source}$`, 'is');
  } catch {
    return /$^/;
  }
}
