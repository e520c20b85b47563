import type { Readable, Writable } from 'node:stream';

/** Longer than any message that makes sense here; what is longer is not kept. */
const longestLine = 1024 * 1024;

const lineFeed = 0x0a;

/** Who is told of what comes in. */
export interface LineListeners {
  onLine: (line: string) => void;
  /** A line that is longer than any may be; its rest is passed over. */
  onTooLong: () => void;
  onEnd: () => void;
}

/** Reads messages, a line each, in UTF-8. */
export function readLines(input: Readable, { onLine, onTooLong, onEnd }: LineListeners): void {
  let parts: Buffer[] = [];
  let length = 0;
  let isTooLong = false;
  const add = (part: Buffer) => {
    length += part.length;
    if (length > longestLine) {
      if (!isTooLong) onTooLong();
      isTooLong = true;
      parts = [];
    } else if (part.length > 0) parts.push(part);
  };
  const finish = () => {
    const line = Buffer.concat(parts).toString('utf8');
    if (!isTooLong && line.trim() !== '') onLine(line);
    parts = [];
    length = 0;
    isTooLong = false;
  };
  input.on('data', (chunk: Buffer) => {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(lineFeed, start);
      if (end < 0) break;
      add(chunk.subarray(start, end));
      finish();
      start = end + 1;
    }
    add(chunk.subarray(start));
  });
  input.on('end', onEnd);
  input.on('error', onEnd);
}

/** Writes messages, a line each. While the other side does not read, nothing more is read from it either. */
export class LineWriter {
  readonly #output: Writable;
  readonly #input: Readable;
  #isWaiting = false;

  constructor(output: Writable, input: Readable) {
    this.#output = output;
    this.#input = input;
  }

  /** Settles when the message has left this process, or is lost: the other side is gone then. */
  write(message: object): Promise<void> {
    if (!this.#output.writable) return Promise.resolve();
    const sent = new Promise<void>((resolve) => {
      this.#output.write(`${JSON.stringify(message)}\n`, () => resolve());
    });
    if (this.#output.writableNeedDrain && !this.#isWaiting) {
      this.#isWaiting = true;
      this.#input.pause();
      this.#output.once('drain', () => {
        this.#isWaiting = false;
        this.#input.resume();
      });
    }
    return sent;
  }
}
