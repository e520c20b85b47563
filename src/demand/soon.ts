/** Milliseconds that decide when something is done that many may ask for. */
export interface Moments {
  /** It is done when nobody has asked for so long. */
  quiet: number;
  /** Between one time and the next. */
  apart: number;
  /** After the first who asks, whatever others do. */
  within: number;
}

/** Does something soon after it was asked for: once for many who ask at a time. */
export class Soon {
  readonly #work: () => void;
  readonly #moments: Moments;
  #timer: NodeJS.Timeout | undefined;
  #due: number | undefined;
  #firstAsked: number | undefined;
  #done = Number.NEGATIVE_INFINITY;

  constructor(work: () => void, moments: Moments) {
    this.#work = work;
    this.#moments = moments;
  }

  ask(): void {
    const now = performance.now();
    const { quiet, apart, within } = this.#moments;
    this.#firstAsked ??= now;
    const due = Math.min(this.#firstAsked + within, Math.max(now + quiet, this.#done + apart));
    // A timer is a millisecond at least: set anew at each question it would never come.
    if (due === this.#due) return;
    this.#due = due;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#do(), due - now).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #do(): void {
    this.#firstAsked = undefined;
    this.#due = undefined;
    this.#done = performance.now();
    this.#work();
  }
}
