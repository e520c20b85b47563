import { ServiceError } from '../protocol/errors.ts';
import { holderOf } from './lock-holder.ts';
import { signatureIn } from './lock-signature.ts';

/** What waits are about. */
export interface Guarded {
  /** The file that is locked. */
  file: string;
  /** What it guards, as a sentence begins with it: `The ledger`. */
  guards: string;
  /** Milliseconds to wait for a holder that does not move. */
  patience?: number;
}

/** Milliseconds without any progress after which a lock counts as busy. */
const defaultPatience = 10_000;

/** Milliseconds between two looks after which the process is taken to have been stopped, or without a processor, meanwhile. */
const noLook = 3000;

/** Whether those who have the lock, or are to have it before, move. Time in which nobody looked does not count. */
export class LockProgress {
  readonly #options: Guarded;
  #ahead = '';
  #holder = '';
  #moved = performance.now();
  #holderMoved = performance.now();
  #looked = performance.now();

  constructor(options: Guarded) {
    this.#options = options;
  }

  /** Milliseconds since the line has moved; to be asked again and again. */
  since(ahead: readonly string[]): number {
    const away = performance.now() - this.#looked;
    this.#looked += away;
    if (away >= noLook) {
      this.#moved += away;
      this.#holderMoved += away;
    }
    const now = ahead.join();
    if (now !== this.#ahead) {
      this.#ahead = now;
      this.#moved = performance.now();
    }
    return performance.now() - this.#moved;
  }

  /** @throws ServiceError LedgerBusy where nothing has moved for too long: neither the line nor the holder */
  check(ahead: readonly string[], isHeldShared: () => boolean): void {
    const { file, guards, patience = defaultPatience } = this.#options;
    const holder = signatureIn(file);
    if (holder !== this.#holder) {
      this.#holder = holder;
      this.#holderMoved = performance.now();
    }
    if (Math.min(this.since(ahead), performance.now() - this.#holderMoved) <= patience) return;
    // Who shares it has not signed: its file names another then, who may be gone.
    const processId = holderOf(file) ?? (isHeldShared() ? undefined : /^\d+/.exec(holder)?.[0]);
    const who = processId ? `process ${processId}` : 'another process';
    throw new ServiceError('LedgerBusy', `${guards} has been locked by ${who} for more than ${patience / 1000} s.`, {
      target: file,
      hint: `Try again later. If it stays so, look at what ${who} is doing, or end it: that frees the lock.`,
    });
  }
}
