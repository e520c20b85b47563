import { closeSync, constants, fchmodSync, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { bindFlock } from '../native/posix/flock.ts';
import { bindLockFile } from '../native/windows/lock-file.ts';
import { ServiceError } from '../protocol/errors.ts';
import { fileError } from './file-error.ts';

const { O_RDWR, O_CREAT, O_NOFOLLOW = 0 } = constants;

/** Whoever may open the file may lock it: its owner alone, also where all may read the ledger. */
const mode = 0o600;

/** Milliseconds between two attempts at the lock, doubled from the first to the last, each a little at random. */
const firstPause = 1;
const longestPause = 10;

/** Milliseconds after which a lock counts as busy. */
const defaultPatience = 10_000;

/** What a lock needs to know. */
export interface LockOptions {
  file: string;
  processId: number;
  posix: boolean;
  /** Milliseconds to wait for other processes. */
  patience?: number;
}

/**
 * The lock of one ledger, held by the operating system: it is free again the moment its holder dies. The file stays; it
 * names the last holder.
 */
export class LedgerLock {
  readonly #options: LockOptions;
  readonly #turns = new Turns();

  constructor(options: LockOptions) {
    this.#options = options;
  }

  /**
   * Does the work while the lock is held. Not to be nested: the inner one waits for the outer one.
   * @throws ServiceError LedgerBusy, AccessDenied, OsError; the signal's reason when it is aborted while waiting
   */
  async hold<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const endTurn = await this.#turns.take(signal);
    try {
      const descriptor = await this.#acquire(signal);
      try {
        return await work();
      } finally {
        closeSync(descriptor);
      }
    } finally {
      endTurn();
    }
  }

  async #acquire(signal: AbortSignal | undefined): Promise<number> {
    const { file, posix, patience = defaultPatience } = this.#options;
    const tryLock = await (posix ? bindFlock() : bindLockFile());
    const end = performance.now() + patience;
    for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
      signal?.throwIfAborted();
      const descriptor = this.#attempt(tryLock);
      if (descriptor !== undefined) return descriptor;
      if (performance.now() > end) throw busy(file, patience);
      await setTimeout(pause * (0.5 + Math.random() / 2));
    }
  }

  /** The descriptor that holds the lock; undefined when another has it. */
  #attempt(tryLock: (descriptor: number) => boolean): number | undefined {
    const { file, processId, posix } = this.#options;
    let descriptor: number | undefined;
    try {
      descriptor = openSync(file, O_RDWR | O_CREAT | O_NOFOLLOW, mode);
      if (tryLock(descriptor)) {
        // open leaves out what the umask says
        if (posix && (fstatSync(descriptor).mode & 0o777) !== mode) fchmodSync(descriptor, mode);
        sign(descriptor, processId);
        return descriptor;
      }
    } catch (error) {
      if (descriptor !== undefined) closeSync(descriptor);
      throw fileError(error, 'lock', file);
    }
    closeSync(descriptor);
    return undefined;
  }
}

/** Writes who has the lock, always in the same number of bytes, so that one write replaces the last holder's. */
function sign(descriptor: number, processId: number): void {
  try {
    writeSync(descriptor, `${String(processId).padEnd(10)}\n`, 0);
  } catch {
    // A full disk must not keep anybody from the lock: releasing something still works then.
  }
}

function busy(file: string, patience: number): ServiceError {
  let holder = '';
  try {
    holder = /^\d+/.exec(readFileSync(file, 'latin1'))?.[0] ?? '';
  } catch {
    // Without the holder the message is still true.
  }
  const who = holder ? `process ${holder}` : 'another process';
  return new ServiceError('LedgerBusy', `The ledger has been locked by ${who} for more than ${patience / 1000} s.`, {
    target: file,
    hint: `Try again later. If it stays so, look at what ${who} is doing, or end it: that frees the lock.`,
  });
}

/** Settles as the promise does, or rejects with the signal's reason if that comes first. */
function unlessAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    void promise.then(resolve).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Lets the callers of this process in one after the other, in the order they came. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /**
   * Waits for its turn.
   * @returns what ends the turn
   * @throws the signal's reason, when it is aborted before the turn came
   */
  async take(signal?: AbortSignal): Promise<() => void> {
    const before = this.#last;
    let end!: () => void;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#last = before.then(() => ended);
    try {
      await unlessAborted(before, signal);
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }
}
