import { lstatSync, readFileSync, type Stats } from 'node:fs';
import Module from 'node:module';
import { dirname, join } from 'node:path';
import { getRawAsset } from 'node:sea';
import { loadUnpacked } from './unpacked.ts';

const platform = `${process.platform}-${process.arch}`;

/** What the single program gets instead of the koffi package: its native file from inside itself. */
export default load();

function load(): object {
  const inside = Buffer.from(getRawAsset('koffi.node') as ArrayBuffer);
  const require = Module.createRequire(process.execPath);
  const file = join(dirname(process.execPath), 'koffi', platform, 'koffi.node');
  return isTheSame(file, inside) ? require(file) : loadUnpacked(inside, (path) => require(path));
}

/**
 * Whether a package has laid the same file beside the program: it is mapped from there by all, and where no file that a
 * user writes may be run. Not one that somebody else can change.
 */
function isTheSame(file: string, inside: Buffer): boolean {
  try {
    const facts = lstatSync(file);
    return facts.isFile() && isSafe(facts) && facts.size === inside.length && readFileSync(file).equals(inside);
  } catch {
    return false;
  }
}

function isSafe({ uid, mode }: Stats): boolean {
  if (process.platform === 'win32') return true;
  return (uid === 0 || uid === process.geteuid?.()) && (mode & 0o022) === 0;
}
