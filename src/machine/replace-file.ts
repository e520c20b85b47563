import { closeSync, constants, fchmodSync, fsync, openSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fileError } from './file-error.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_RDONLY, O_NOFOLLOW = 0 } = constants;

/**
 * The one call here that waits for the disk, so the one that must not stop the worker. The others are quicker done than
 * handed to another thread.
 */
const flush = promisify(fsync);

/** Makes the file anew; what a killed writer left is removed. Nobody else is at it: the ledger's lock is held. */
function createNew(path: string, mode: number): number {
  const open = () => openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  try {
    return open();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    unlinkSync(path);
    return open();
  }
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  const descriptor = createNew(path, mode);
  try {
    fchmodSync(descriptor, mode); // open leaves out what the umask says
    writeFileSync(descriptor, text);
    await flush(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

async function flushFolder(path: string): Promise<void> {
  const descriptor = openSync(path, O_RDONLY);
  try {
    await flush(descriptor);
  } catch (error) {
    // Some network file systems cannot flush a folder, and say so.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  } finally {
    closeSync(descriptor);
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The failure that brought us here is the one to tell; the next writer removes what is left.
  }
}

/**
 * Replaces the file as a whole: whoever reads it, and whoever finds it after a power cut, sees the old or the new text.
 * On failure the old one stays.
 * @throws ServiceError AccessDenied, OsError
 */
export async function replaceFile(path: string, text: string, mode: number, posix: boolean): Promise<void> {
  const fresh = `${path}.new`;
  try {
    await writeNew(fresh, text, mode);
    await whileInUse(posix, () => renameSync(fresh, path));
  } catch (error) {
    removeQuietly(fresh);
    throw fileError(error, 'write', path);
  }
  if (!posix) return; // Windows has no flush of a folder
  try {
    await flushFolder(dirname(path));
  } catch (error) {
    throw fileError(error, 'flush the folder of', path);
  }
}

const pause = 20;
const attempts = 50;
const inUse = new Set(['EACCES', 'EBUSY', 'EPERM']);

/**
 * Does the action, on Windows several times: there a file that another process has open, a reader or a virus scanner,
 * can for that moment be neither replaced nor opened.
 */
export async function whileInUse<T>(posix: boolean, action: () => T): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return action();
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (posix || attempt === attempts || !inUse.has(code)) throw error;
      await setTimeout(pause);
    }
  }
}
