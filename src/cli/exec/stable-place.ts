import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';

const bits = 32;

/** Where the ports of this name in this folder are looked for first, from 0 to below 1 of the window: the same place each time. */
export function placeOf(name: string, folder = realpathSync('.')): number {
  const hash = createHash('sha256').update(`${folder}\0${name}`).digest();
  return hash.readUInt32BE(0) / 2 ** bits;
}
