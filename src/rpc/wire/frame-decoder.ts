// By its name alone, here and for statfsSync: an import that Node 16 does not have ends the library before it can say why.
import * as buffer from 'node:buffer';
import { Fault } from './fault.ts';
import { FrameHeader, maximumBodyLength } from './frame-header.ts';

/** Cuts a stream of bytes into frames: each body once, whatever the chunks were. */
export class FrameDecoder {
  readonly #header: FrameHeader;
  readonly #onBody: (body: Buffer) => void;
  /** The body being received, allocated in its full length; undefined in a header. */
  #body: Buffer | undefined;
  #received = 0;

  constructor(onBody: (body: Buffer) => void, longestBody = maximumBodyLength) {
    this.#header = new FrameHeader(longestBody);
    this.#onBody = onBody;
  }

  /**
   * Takes the next chunk.
   * @throws Fault on a broken frame; nothing more can be taken then
   */
  push(chunk: Buffer): void {
    let position = 0;
    while (position < chunk.length) {
      if (this.#body) {
        position += this.#fill(this.#body, chunk, position);
        continue;
      }
      const length = this.#takeHeader(chunk, position++);
      if (length === undefined) continue;
      if (position + length <= chunk.length) {
        this.#onBody(chunk.subarray(position, position + length));
        position += length;
      } else {
        this.#body = Buffer.allocUnsafe(length);
        this.#received = 0;
      }
    }
  }

  /** Says that no more will come. @throws Fault inside a frame */
  end(): void {
    if (this.#body) {
      const rule = `the input ended after ${this.#received} of the ${this.#body.length} bytes of a body`;
      throw Fault.broken('ParseError', rule);
    }
    if (this.#header.started) throw Fault.broken('ParseError', 'the input ended inside a header');
  }

  #takeHeader(chunk: Buffer, position: number): number | undefined {
    try {
      return this.#header.take(chunk[position]!);
    } catch (error) {
      const rest = chunk.subarray(position + 1);
      if (error instanceof Fault) error.received = Buffer.concat([this.#header.bytes, rest]);
      throw error;
    }
  }

  #fill(body: Buffer, chunk: Buffer, position: number): number {
    const copied = chunk.copy(body, this.#received, position);
    this.#received += copied;
    if (this.#received === body.length) {
      this.#body = undefined;
      this.#onBody(body);
    }
    return copied;
  }
}

/** The value in a body. @throws Fault on bad UTF-8 or JSON; the conversation goes on */
export function parseBody(body: Buffer): unknown {
  if (!buffer.isUtf8(body)) throw new Fault('ParseError', 'The body is not valid UTF-8.');
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new Fault('ParseError', `The body does not parse: ${clip((error as SyntaxError).message)}.`);
  }
}

/** V8 quotes the text around the fault, which may be anything. */
const clip = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}...` : text);
