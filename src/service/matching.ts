import type { PortRange } from '../protocol/generated/contract.ts';
import { holdsPort } from '../protocol/ranges.ts';

/** What of a list is wanted: what holds this port, and whose name fits this pattern, as far as they are given. */
export function matching({
  port,
  name,
}: {
  port?: number;
  name?: string;
}): (item: { range: PortRange; name?: string }) => boolean {
  const fits = name === undefined ? undefined : wildcard(name);
  return (item) =>
    (port === undefined || holdsPort(item.range, port)) &&
    (fits === undefined || (item.name !== undefined && fits(item.name)));
}

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
