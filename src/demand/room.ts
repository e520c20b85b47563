import { readdirSync, readFileSync } from 'node:fs';
import { unlessHidden } from '../machine/unless-hidden.ts';

/** Open files that are kept for what serves: its parts, the ledger, sockets on ports. */
const spare = 64;

/** As many connections as there may be at the least, and at the most. */
const few = 8;
const many = 4000;

/** How many connections this process can have without being in want of open files. */
export function roomForConnections(): number {
  const limits = unlessHidden(() => readFileSync('/proc/self/limits', 'latin1'));
  const [, most] = /^Max open files\s+(\d+)/m.exec(limits ?? '') ?? [];
  if (most === undefined) return many; // unlimited, or the system does not say
  const open = unlessHidden(() => readdirSync('/proc/self/fd').length) ?? 0;
  return Math.min(many, Math.max(few, Number(most) - open - spare));
}
