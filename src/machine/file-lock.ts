import { closeSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { bindFlock } from '../native/posix/flock.ts';
import { bindLockFile } from '../native/windows/lock-file.ts';
import { ServiceError } from '../protocol/errors.ts';
import { type LockFile, removeLocked, tryToLock } from './lock-descriptor.ts';
import { Turns } from './turns.ts';

/** Milliseconds between two attempts at the lock, doubled from the first to the last, each a little at random. */
const firstPause = 1;
const longestPause = 10;

/** Milliseconds after which a lock counts as busy. */
const defaultPatience = 10_000;

/** What a lock needs to know. */
export interface LockOptions extends LockFile {
  /** What it guards, as a sentence begins with it: `The ledger`. */
  guards: string;
  processId: number;
  /** Milliseconds to wait for other processes. */
  patience?: number;
  /** Whether the file goes when the lock is given back. */
  isPassing?: boolean;
}

/** Another process has a lock that was not to be waited for. */
export class LockTaken extends Error {
  readonly lock: FileLock;

  constructor(lock: FileLock) {
    super('another process has the lock');
    this.name = 'LockTaken';
    this.lock = lock;
  }
}

/**
 * Does work that may find a lock taken while it holds another: then it waits for that one alone, and begins anew.
 * @param work has changed nothing when it throws LockTaken
 */
export async function untilUntaken<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LockTaken)) throw error;
      await error.lock.hold(() => {}, signal);
    }
  }
}

/** A lock held by the operating system: it is free again the moment its holder dies. The file names the last holder. */
export class FileLock {
  readonly #options: LockOptions;
  readonly #turns = new Turns();

  constructor(options: LockOptions) {
    this.#options = options;
  }

  /**
   * Does the work while the lock is held. Not to be nested: the inner one waits for the outer one.
   * @throws ServiceError LedgerBusy, AccessDenied, OsError; the signal's reason when it is aborted while waiting
   */
  async hold<T>(work: () => Promise<T> | T, signal?: AbortSignal): Promise<T> {
    const endTurn = await this.#turns.take(signal);
    try {
      return await this.#holding(await this.#acquire(signal), work);
    } finally {
      endTurn();
    }
  }

  /**
   * The same for whoever holds another lock, and so must not wait for this one.
   * @throws LockTaken; `untilUntaken` stands outside
   */
  async holdNow<T>(work: () => Promise<T> | T): Promise<T> {
    const descriptor = tryToLock(this.#options, await this.#tryLock());
    if (descriptor === undefined) throw new LockTaken(this);
    return this.#holding(descriptor, work);
  }

  async #holding<T>(descriptor: number, work: () => Promise<T> | T): Promise<T> {
    const { file, processId, isPassing } = this.#options;
    sign(descriptor, processId);
    try {
      return await work();
    } finally {
      if (isPassing) removeLocked(file);
      closeSync(descriptor);
    }
  }

  #tryLock() {
    return this.#options.posix ? bindFlock() : bindLockFile();
  }

  async #acquire(signal: AbortSignal | undefined): Promise<number> {
    const { patience = defaultPatience } = this.#options;
    const tryLock = await this.#tryLock();
    const end = performance.now() + patience;
    for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
      signal?.throwIfAborted();
      const descriptor = tryToLock(this.#options, tryLock);
      if (descriptor !== undefined) return descriptor;
      if (performance.now() > end) throw this.#busy(patience);
      await setTimeout(pause * (0.5 + Math.random() / 2));
    }
  }

  #busy(patience: number): ServiceError {
    const { file, guards } = this.#options;
    const holder = holderOf(file);
    const who = holder ? `process ${holder}` : 'another process';
    return new ServiceError('LedgerBusy', `${guards} has been locked by ${who} for more than ${patience / 1000} s.`, {
      target: file,
      hint: `Try again later. If it stays so, look at what ${who} is doing, or end it: that frees the lock.`,
    });
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

function holderOf(file: string): string {
  try {
    return /^\d+/.exec(readFileSync(file, 'latin1'))?.[0] ?? '';
  } catch {
    return ''; // without the holder the message is still true
  }
}
