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
  #waiting = 0;
  #isTaken = false;

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether nobody has a turn. */
  get isIdle(): boolean {
    return !this.#isTaken;
  }

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
    this.#waiting++;
    try {
      await unlessAborted(before, signal);
    } catch (error) {
      end();
      throw error;
    } finally {
      this.#waiting--;
    }
    this.#isTaken = true;
    return () => {
      this.#isTaken = false;
      end();
    };
  }
}
