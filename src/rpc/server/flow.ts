import type { FrameWriter } from '../wire/frame-writer.ts';

/** How many requests may be in flight before nothing more is admitted. */
export const mostInFlight = 1000;
/** How many bytes of answers, and how many answers, may be unread before no request is served any more. */
const mostUnwritten = { bytes: 8 * 1024 * 1024, messages: 1000 };
/** How many requests are served at once: the answers of all of them may come together. */
const mostServed = 64;

/** Lets requests be served only as fast as their answers are read. */
export class Flow {
  readonly #writer: FrameWriter;
  #served = 0;
  #waiting: (() => void)[] = [];

  /** @param onRoom is told when an answer has been read */
  constructor(writer: FrameWriter, onRoom: () => void) {
    this.#writer = writer;
    writer.onWritten = () => {
      this.#next();
      onRoom();
    };
  }

  /** Whether the client reads too little. */
  get isFull(): boolean {
    const { bytes, messages } = this.#writer.unwritten;
    return bytes > mostUnwritten.bytes || messages > mostUnwritten.messages;
  }

  /** Does the work when there is room for its answer. @throws the signal's reason */
  async serve<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#enter(signal);
    try {
      return await work();
    } finally {
      this.#served--;
      this.#next();
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#hasRoom && this.#waiting.length === 0) {
      this.#served++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', giveUp);
        this.#served++;
        resolve();
      };
      const giveUp = () => {
        this.#waiting = this.#waiting.filter((one) => one !== enter);
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(enter);
    });
  }

  get #hasRoom(): boolean {
    return this.#served < mostServed && !this.isFull;
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#hasRoom) this.#waiting.shift()!();
  }
}
