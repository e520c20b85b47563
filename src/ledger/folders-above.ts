import { lstatSync, readFileSync, realpathSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';

const othersMayWrite = 0o022;
/** In such a folder only its owner may remove or rename a file. */
const sticky = 0o1000;
/** As what a user namespace shows the users that it does not know, the system's root among them. */
const unmapped = 65_534;

/** Whether this process sees all users as they are. */
function seesAllUsers(): boolean {
  try {
    return /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'latin1'));
  } catch {
    return true;
  }
}

function* above(path: string): Generator<string> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    yield folder;
    if (folder === dirname(folder)) return;
  }
}

function nearestThere(path: string): string {
  for (const folder of above(path)) if (lstatSync(folder, { throwIfNoEntry: false })) return folder;
  return '/';
}

function faultOf({ uid, mode, ...stats }: Pick<Stats, 'uid' | 'mode'> & { isLink: boolean }): string | undefined {
  if (uid !== 0 && !(uid === unmapped && !seesAllUsers())) return `belongs to user ${uid}`;
  const isOpen = !stats.isLink && (mode & othersMayWrite) !== 0 && (mode & sticky) === 0;
  return isOpen ? 'is writable by others' : undefined;
}

/** A folder above another in which somebody other than root could put one of his own in its place. */
export interface UnsafeFolder {
  folder: string;
  fault: string;
}

/** The nearest of them, by the path as it is written and as it leads; undefined where there is none. */
export function unsafeAbove(path: string): UnsafeFolder | undefined {
  const real = realpathSync(nearestThere(path));
  for (const folder of new Set([...above(path), real, ...above(real)])) {
    const stats = lstatSync(folder, { throwIfNoEntry: false });
    const fault = stats && faultOf({ uid: stats.uid, mode: stats.mode, isLink: stats.isSymbolicLink() });
    if (fault) return { folder, fault };
  }
  return undefined;
}
