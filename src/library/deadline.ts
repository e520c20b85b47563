import { setTimeout } from 'node:timers/promises';
import { InvalidParamsError } from '../protocol/errors.ts';

/** What every wait takes. */
export interface WaitOptions {
  /** How long, in milliseconds. Default 30,000; Infinity for as long as it takes. */
  timeout?: number;
  /** Gives up the wait; its reason is thrown. */
  signal?: AbortSignal;
}

const usualTimeout = 30_000;

/** The time that a wait has. */
export class Deadline {
  readonly #end: number;
  readonly #signal: AbortSignal | undefined;
  readonly timeout: number;

  constructor({ timeout = usualTimeout, signal }: WaitOptions) {
    if (typeof timeout !== 'number' || !(timeout >= 0)) {
      throw new InvalidParamsError([{ field: 'timeout', message: 'must be milliseconds, 0 or more, or Infinity' }]);
    }
    this.timeout = timeout;
    this.#end = performance.now() + timeout;
    this.#signal = signal;
  }

  /** What is left, in milliseconds. */
  get left(): number {
    return Math.max(0, this.#end - performance.now());
  }

  /** Whether time has run out. @throws the signal's reason */
  isOver(): boolean {
    this.#signal?.throwIfAborted();
    return this.left === 0;
  }

  /** Rests before the next look, at most for what is left. @throws the signal's reason */
  async rest(milliseconds: number): Promise<void> {
    try {
      await setTimeout(Math.min(milliseconds, this.left), undefined, { signal: this.#signal });
    } catch (error) {
      throw this.#signal?.reason ?? error;
    }
  }

  /** The time in words, as it was given. */
  toString(): string {
    return this.timeout < 1000 ? `${this.timeout} ms` : `${Number((this.timeout / 1000).toFixed(1))} s`;
  }
}
