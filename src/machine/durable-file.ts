import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsync,
  futimesSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { type FileHints, onFile, onFileNow, osCode } from './file-error.ts';
import { whileInUse } from './while-in-use.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_RDONLY, O_DIRECTORY = 0, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * The one call here that waits for the disk, so the one that must not stop the worker. The others are quicker done than
 * handed to another thread.
 */
const flush = (descriptor: number): Promise<void> => promisify(fsync)(descriptor);

/** What some file systems answer, on networks above all, that cannot flush a folder. */
const withoutFolderFlush = new Set(['EINVAL', 'ENOTSUP']);

/** A file that is only ever replaced as a whole. Whoever replaces it holds a lock, so the names beside it are free. */
export interface DurableFile {
  path: string;
  mode: number;
  posix: boolean;
  hints: FileHints;
}

/** A change of a file that is prepared, with all that can fail early, and not yet seen by anybody. */
export interface StagedFile {
  /**
   * Makes the change, to outlive a power cut. Where that cannot be had, the file is as before.
   * @throws ServiceError AccessDenied, OsError
   */
  commit(): Promise<void>;
  /** Drops a change that was not made. */
  discard(): void;
}

/** Writes a new file in place of whatever has that name, a symbolic link too; it is not flushed. */
export function writeFresh(path: string, content: string | Uint8Array, mode: number): void {
  closeSync(openFresh(path, content, mode));
}

function openFresh(path: string, content: string | Uint8Array, mode: number): number {
  const descriptor = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  try {
    fchmodSync(descriptor, mode); // open leaves out what the umask says
    writeFileSync(descriptor, content);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Removes what a killed writer left. */
export function removeLeft(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (osCode(error) !== 'ENOENT') throw error;
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The failure that brought us here is the one to tell; the next writer removes what is left.
  }
}

/** What is open from the staging to the commit, so that neither rights nor a shortage can fail after the rename. */
class Standby {
  /** The file as it is, to be put back; undefined where there is none. */
  #before: number | undefined;
  /** The folder, to be flushed; undefined on Windows, which has no flush of a folder. */
  #folder: number | undefined;

  constructor({ path, posix, hints }: DurableFile) {
    if (!posix) return;
    const folder = dirname(path);
    this.#folder = onFileNow({ action: 'open the folder', path: folder, hints }, () =>
      openSync(folder, O_RDONLY | O_DIRECTORY),
    );
    try {
      this.#before = onFileNow({ action: 'read', path, hints }, () => openIfThere(path));
    } catch (error) {
      closeSync(this.#folder);
      throw error;
    }
  }

  async flushFolder(): Promise<void> {
    if (this.#folder === undefined) return;
    try {
      await flush(this.#folder);
    } catch (error) {
      if (!withoutFolderFlush.has(osCode(error) ?? '')) throw error;
    }
  }

  /** Puts the old file back. */
  restore({ path, mode }: DurableFile): void {
    const fresh = freshName(path);
    removeLeft(fresh);
    if (this.#before === undefined) {
      removeLeft(path);
    } else {
      writeFresh(fresh, readFileSync(this.#before), mode);
      renameSync(fresh, path);
    }
  }

  close(): void {
    const open = [this.#before, this.#folder];
    this.#before = undefined;
    this.#folder = undefined;
    for (const descriptor of open) if (descriptor !== undefined) closeSync(descriptor);
  }
}

function restoreQuietly(standby: Standby, file: DurableFile): void {
  try {
    standby.restore(file);
  } catch {
    // A disk that fails twice: the change stands, for as long as the machine runs.
  }
}

const freshName = (path: string) => `${path}.new`;

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (osCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeDurably({ path, mode, hints }: DurableFile, text: string): Promise<void> {
  const fresh = freshName(path);
  onFileNow({ action: 'make way for', path: fresh, hints }, () => removeLeft(fresh));
  await onFile({ action: 'write', path, hints }, async () => {
    try {
      const descriptor = openFresh(fresh, text, mode);
      try {
        await flush(descriptor);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      removeQuietly(fresh);
      throw error;
    }
  });
}

/**
 * Prepares the file's new text, or with undefined its removal.
 * @throws ServiceError AccessDenied, OsError
 */
export async function stageFile(file: DurableFile, text: string | undefined): Promise<StagedFile> {
  const { path, posix, hints } = file;
  const fresh = freshName(path);
  const standby = new Standby(file);
  try {
    if (text !== undefined) await writeDurably(file, text);
  } catch (error) {
    standby.close();
    throw error;
  }
  const discard = () => {
    standby.close();
    if (text !== undefined) removeQuietly(fresh);
  };
  const replace = () => (text === undefined ? rmSync(path, { force: true }) : renameSync(fresh, path));
  const commit = async () => {
    try {
      await onFile({ action: text === undefined ? 'remove' : 'write', path, hints }, () => whileInUse(posix, replace));
    } catch (error) {
      discard();
      throw error;
    }
    try {
      await onFile({ action: 'flush the folder of', path, hints }, () => standby.flushFolder());
    } catch (error) {
      restoreQuietly(standby, file);
      throw error;
    } finally {
      standby.close();
    }
  };
  return { commit, discard };
}

/**
 * Replaces the file as a whole: whoever reads it, and whoever finds it after a power cut, sees the old or the new text.
 * On failure the old one stays.
 * @throws ServiceError AccessDenied, OsError
 */
export async function replaceFile(file: DurableFile, text: string): Promise<void> {
  await (await stageFile(file, text)).commit();
}

/**
 * The same of what no power cut has to leave: nothing is flushed. What is put there has a time that differs from all before.
 * @returns what was put there
 * @throws ServiceError AccessDenied, OsError
 */
export async function replaceUnflushed({ path, mode, posix, hints }: DurableFile, text: string): Promise<Stats> {
  const fresh = freshName(path);
  return onFile({ action: 'write', path, hints }, async () => {
    try {
      const stats = writeMarked(fresh, text, mode);
      await whileInUse(posix, () => renameSync(fresh, path));
      return stats;
    } catch (error) {
      removeQuietly(fresh);
      throw error;
    }
  });
}

function writeMarked(fresh: string, text: string, mode: number): Stats {
  const descriptor = openFreshOrLeft(fresh, text, mode);
  try {
    mark(descriptor);
    return fstatSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** What a killed writer left is found by meeting it, which is seldom. */
function openFreshOrLeft(fresh: string, text: string, mode: number): number {
  try {
    return openFresh(fresh, text, mode);
  } catch (error) {
    if (osCode(error) !== 'EEXIST') throw error;
    removeLeft(fresh);
    return openFresh(fresh, text, mode);
  }
}

let lastMark = 0;
const microsecond = 1e-6;

/** Gives the open file a time that differs from all before. */
export function mark(descriptor: number): void {
  const time = nextMark();
  futimesSync(descriptor, time, time);
}

/** The time in seconds, which this process has given to no other file: the system's own times are too coarse for that. */
function nextMark(): number {
  lastMark = Math.max((performance.timeOrigin + performance.now()) / 1000, lastMark + microsecond);
  return lastMark;
}
