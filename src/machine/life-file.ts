import { closeSync, constants, fchmodSync, fstatSync, lstatSync, openSync } from 'node:fs';
import { bindLifeLock, type LifeLock } from '../native/posix/life-lock.ts';
import { bindLockFile } from '../native/windows/lock-file.ts';
import { type FileHints, fileError, osCode } from './file-error.ts';

const { O_RDWR, O_RDONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

const ownersAlone = 0o600;
const attempts = 1000;

/** On Windows whoever may open the file may lock it. */
async function ofWindows(): Promise<LifeLock> {
  const take = await bindLockFile();
  return { take, isTaken: (descriptor) => !take(descriptor) };
}

/** Tells the living from the dead by the locks of their files. To be made ready before its first use. */
export class LifeLocks {
  readonly #posix: boolean;
  #bound: LifeLock | undefined;

  constructor(posix: boolean) {
    this.#posix = posix;
  }

  get isReady(): boolean {
    return this.#bound !== undefined;
  }

  /** Binds the system's functions: what needs none of them starts sooner without. */
  async ready(): Promise<void> {
    this.#bound ??= await (this.#posix ? bindLifeLock() : ofWindows());
  }

  get #lock(): LifeLock {
    if (!this.#bound) throw new Error('The locks are not ready.');
    return this.#bound;
  }

  /**
   * Makes the file and locks it.
   * @returns the descriptor that holds the lock, until it is closed
   * @throws ServiceError AccessDenied, OsError
   */
  make(path: string, mode: number, hints: FileHints): number {
    const action = { action: 'lock', path, hints };
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, ownersAlone);
      this.#take(path, descriptor);
      // Only now may others open it, where they may.
      if (this.#posix && mode !== ownersAlone) fchmodSync(descriptor, mode);
      return descriptor;
    } catch (error) {
      if (descriptor !== undefined) closeSync(descriptor);
      throw fileError(error, action);
    }
  }

  /** On Windows one who looks whether the file is locked has it locked for a moment. */
  #take(path: string, descriptor: number): void {
    for (let attempt = 1; !this.#lock.take(descriptor); attempt++) {
      if (attempt === attempts) throw new Error(`Somebody has locked ${path}, which was made just now.`);
    }
  }

  /** Whether whoever made the file lives; undefined where that cannot be told. */
  lives(path: string): boolean | undefined {
    let descriptor: number;
    try {
      descriptor = openToLook(path);
    } catch (error) {
      return osCode(error) === 'ENOENT' ? false : undefined;
    }
    try {
      return this.isLocked(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Whether another open file has the lock of this one; undefined where that cannot be told. */
  isLocked(descriptor: number): boolean | undefined {
    try {
      return this.#lock.isTaken(descriptor);
    } catch {
      return undefined;
    }
  }

  /** Whether a file that is open can be removed all the same. */
  get mayStayOpen(): boolean {
    return this.#posix;
  }
}

/** @throws a system error */
export const openToLook = (path: string): number => openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);

/** Whether the path still leads to the open file. */
export function leadsTo(path: string, descriptor: number): boolean {
  const there = lstatSync(path, { throwIfNoEntry: false });
  return there !== undefined && there.ino === fstatSync(descriptor).ino;
}
