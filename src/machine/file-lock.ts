import { closeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { bindFlock } from '../native/posix/flock.ts';
import { bindLockFile } from '../native/windows/lock-file.ts';
import { type LockFile, removeLocked, tryToLock } from './lock-descriptor.ts';
import { type Guarded, LockProgress } from './lock-progress.ts';
import { sign, signatureOf } from './lock-signature.ts';
import { Turns } from './turns.ts';
import type { Place, WaitingLine } from './waiting-line.ts';

/** Milliseconds after which one looks who is told: a holder that is killed tells nobody. */
const toldPause = 20;

const longestToldPause = 1000;

/** Milliseconds between two attempts of one who is not told and next, and what each place before adds: what a change takes. */
const pausePerPlace = 1;
const longestPause = 20;

/** Milliseconds without a move after which it is looked whether the first in the line lives. */
const doubt = 20;

/** Milliseconds after which nobody waits any longer for the first in the line to take a lock that is free. */
const stall = 200;

/** Milliseconds after which the lock is given to other processes, though more in this one wait for it. */
const longestHold = 25;

/** What a lock needs to know. */
export interface LockOptions extends LockFile, Guarded {
  processId: number;
  /** Where those who wait stand; without one, chance decides. */
  line?: WaitingLine;
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
      await error.lock.hold(() => {}, { signal });
    }
  }
}

/** How a lock is asked for. */
export interface HoldOptions {
  /** Whether others may share it meanwhile who ask for no more; nobody who asks for it alone. On Windows nobody shares it. */
  isShared?: boolean;
  signal?: AbortSignal | undefined;
}

/** The lock as this process has it now. */
interface Holding {
  descriptor: number;
  isShared: boolean;
  since: number;
}

/** How it is waited for. */
interface Waiting {
  attempt: (isPassing: boolean) => Holding | undefined;
  isHeldShared: () => boolean;
  place: Place | undefined;
  signal: AbortSignal | undefined;
}

/**
 * A lock held by the operating system: it is free again the moment its holder dies. The file names the last who had it alone.
 * The first to wait is the first served, and those who wait in one process are done one after the other while it is held.
 */
export class FileLock {
  readonly #options: LockOptions;
  readonly #turns = new Turns();
  #holding: Holding | undefined;

  constructor(options: LockOptions) {
    this.#options = options;
  }

  /**
   * Does the work while the lock is held. Not to be nested: the inner one waits for the outer one.
   * @param work is told what differs as soon as anybody has had the lock alone; undefined where that cannot be told
   * @throws ServiceError LedgerBusy, AccessDenied, OsError; the signal's reason when it is aborted while waiting
   */
  async hold<T>(
    work: (signature: string | undefined) => Promise<T> | T,
    { isShared = false, signal }: HoldOptions = {},
  ): Promise<T> {
    const endTurn = await this.#turns.take(signal);
    try {
      signal?.throwIfAborted();
      if (this.#holding?.isShared && !isShared) this.#release();
      this.#holding ??= await this.#acquire(isShared, signal);
      return await work(this.#signatureFor(this.#holding, isShared));
    } finally {
      const isWanted = this.#turns.waiting > 0;
      const isFair = this.#holding && performance.now() - this.#holding.since < longestHold;
      if (!isWanted || !isFair) this.#release();
      endTurn();
      // The next of this process begins at once; where it has given up, nobody does.
      if (this.#holding) setImmediate(() => this.#turns.isIdle && this.#release());
    }
  }

  /**
   * The same for whoever holds another lock, and so must not wait for this one.
   * @throws LockTaken; `untilUntaken` stands outside
   */
  async holdNow<T>(work: () => Promise<T> | T): Promise<T> {
    const descriptor = tryToLock(this.#options, await this.#tryLock());
    if (descriptor === undefined) throw new LockTaken(this);
    sign(descriptor, this.#options.processId);
    try {
      return await work();
    } finally {
      this.#end(descriptor);
    }
  }

  /** Each who has it alone leaves one of his own; those who share it leave that as it is. */
  #signatureFor({ descriptor }: Holding, isShared: boolean): string | undefined {
    const there = isShared ? signatureOf(descriptor) : undefined;
    return there ?? sign(descriptor, this.#options.processId);
  }

  #release(): void {
    if (this.#holding) this.#end(this.#holding.descriptor);
    this.#holding = undefined;
  }

  #end(descriptor: number): void {
    const { file, isPassing, line } = this.#options;
    if (isPassing) removeLocked(file);
    closeSync(descriptor);
    line?.wakeFirst();
  }

  #tryLock() {
    return this.#options.posix ? bindFlock() : bindLockFile();
  }

  async #acquire(isShared: boolean, signal: AbortSignal | undefined): Promise<Holding> {
    const { line } = this.#options;
    const tryLock = await this.#tryLock();
    const attempt = (isPassing = false) => {
      // Who passes those before him must not keep one of them out who waits until nobody shares it.
      const shares = isShared && !isPassing;
      const descriptor = tryToLock(this.#options, tryLock, shares);
      return descriptor === undefined ? undefined : begun(descriptor, shares);
    };
    const isHeldShared = () => {
      const descriptor = tryToLock(this.#options, tryLock, true);
      if (descriptor !== undefined) closeSync(descriptor);
      return descriptor !== undefined;
    };
    // Who comes now stands behind those who wait, also where the lock is free for the moment.
    const holding = line?.isEmpty() === false ? undefined : attempt();
    if (holding) return holding;
    const place = line?.join();
    const leave = () => place?.leave();
    try {
      const got = await this.#wait({ attempt, isHeldShared, place, signal });
      leave();
      if (isShared) line?.wakeFirst(); // the next may share it, too
      return got;
    } catch (error) {
      leave();
      line?.wakeFirst(); // it may have been told
      throw error;
    }
  }

  async #wait({ attempt, isHeldShared, place, signal }: Waiting): Promise<Holding> {
    const progress = new LockProgress(this.#options);
    for (;;) {
      signal?.throwIfAborted();
      const ahead = place?.ahead() ?? [];
      const still = progress.since(ahead);
      if (still > doubt && ahead[0] !== undefined && !place!.lives(ahead[0])) continue;
      // The first in the line may be stopped, or have no processor: the lock is not left free for it.
      const isPassing = ahead.length > 0;
      const holding = !isPassing || still > stall ? attempt(isPassing) : undefined;
      if (holding) return holding;
      progress.check(ahead, isHeldShared);
      if (place?.isWoken) await place.told(Math.min(longestToldPause, toldPause * (1 + ahead.length)));
      else await setTimeout(Math.min(longestPause, pausePerPlace * (ahead.length + Math.random())));
    }
  }
}

const begun = (descriptor: number, isShared: boolean): Holding => ({ descriptor, isShared, since: performance.now() });
