import { closeSync } from 'node:fs';
import { osCode } from './file-error.ts';
import { type LifeLocks, openToLook } from './life-file.ts';

/** So many files stay open at most: a process has few descriptors. */
const mostOpen = 64;

/**
 * Asks of the same files again and again whether who made them lives. They stay open for it, since a name never comes again:
 * that is one call of the system for each question.
 */
export class LifeWatch {
  readonly #locks: LifeLocks;
  readonly #open = new Map<string, number>();

  constructor(locks: LifeLocks) {
    this.#locks = locks;
  }

  /** As `LifeLocks.lives`. */
  lives(path: string): boolean | undefined {
    let descriptor = this.#open.get(path);
    try {
      descriptor ??= openToLook(path);
    } catch (error) {
      return osCode(error) === 'ENOENT' ? false : undefined;
    }
    const lives = this.#locks.isLocked(descriptor);
    if (lives && this.#locks.mayStayOpen && this.#open.size < mostOpen) this.#open.set(path, descriptor);
    else {
      this.#open.delete(path);
      closeSync(descriptor);
    }
    return lives;
  }

  /** Closes the files of those that are not among these. */
  forget(isThere: (path: string) => boolean): void {
    for (const [path, descriptor] of this.#open) {
      if (isThere(path)) continue;
      this.#open.delete(path);
      closeSync(descriptor);
    }
  }

  close(): void {
    this.forget(() => false);
  }
}
