import { closeSync, constants, fchmodSync, fstatSync, openSync, type Stats, unlinkSync } from 'node:fs';
import type { TryLock } from '../native/posix/flock.ts';
import { ServiceError } from '../protocol/errors.ts';
import { type FileHints, fileError, onFileNow, osCode } from './file-error.ts';

const { O_RDWR, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** Whoever may open the file may lock it: its owner alone, also where all may read what it guards. */
const mode = 0o600;

/** What an attempt at a lock needs to know. */
export interface LockFile {
  file: string;
  posix: boolean;
  /** The user of this process; undefined on Windows. */
  userId: number | undefined;
  hints: FileHints;
}

function refuse(file: string, fault: string): never {
  throw new ServiceError('AccessDenied', `The lock ${file} is not safe to use: it ${fault}.`, {
    target: file,
    hint: 'Others could keep it locked. Find out who made it, then remove it: it is made anew.',
  });
}

/** Refuses a file that somebody else can open, or had made before. */
function check({ file, userId }: LockFile, stats: Stats): void {
  const { uid, nlink } = stats;
  if (!stats.isFile()) refuse(file, 'is not a regular file');
  if (uid !== userId && uid !== 0) refuse(file, `belongs to user ${uid}`);
  if (nlink > 1) refuse(file, 'has another name, as a hard link');
}

/** Mostly it is there, and who asks to make it waits for whoever changes the folder. */
function openOrMake(file: string): number {
  // A named pipe in its place must not make us wait.
  const flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK;
  try {
    return openSync(file, flags);
  } catch (error) {
    if (osCode(error) !== 'ENOENT') throw error;
    return openSync(file, flags | O_CREAT, mode);
  }
}

/**
 * The descriptor that holds the lock, until it is closed; undefined when another has it.
 * @throws ServiceError AccessDenied, OsError
 */
export function tryToLock(lock: LockFile, tryLock: TryLock, isShared = false): number | undefined {
  const { file, posix, hints } = lock;
  const descriptor = onFileNow({ action: 'open the lock', path: file, hints }, () => openOrMake(file));
  try {
    if (posix) check(lock, fstatSync(descriptor));
    if (tryLock(descriptor, isShared)) {
      const stats = fstatSync(descriptor);
      // open leaves out what the umask says
      if (posix && (stats.mode & 0o777) !== mode) fchmodSync(descriptor, mode);
      // One that was removed while we opened it locks nobody out.
      if (stats.nlink > 0) return descriptor;
    }
  } catch (error) {
    closeSync(descriptor);
    throw fileError(error, { action: 'lock', path: file, hints });
  }
  closeSync(descriptor);
  return undefined;
}

/** Takes the file away while its lock is held, so that nothing is left of it. */
export function removeLocked(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // One that stays does no harm.
  }
}
