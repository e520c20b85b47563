import type { Readable } from 'node:stream';
import {
  AbstractMessageReader,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageReader,
} from 'vscode-jsonrpc';
import { Fault } from './fault.ts';
import { FrameDecoder, parseBody } from './frame-decoder.ts';

/** Decides what becomes of what was received. */
export interface Gate {
  /** Looks at a body before it is parsed. @throws Fault when it had better not be */
  weigh?(body: Buffer): void;
  /** Whether the message has to wait until `resume` is called, because as much is being served as can be. */
  mustWait?(value: unknown): boolean;
  /** Gives the message to pass on, or undefined to drop it. @throws Fault when it cannot be served */
  admit(value: unknown): Message | undefined;
  /** Is told each fault. After a fatal one nothing more is read. */
  refuse(fault: Fault): void;
}

/** How much may wait before nothing more is read: up to here an end of input is still seen. */
const mostWaiting = 8 * 1024 * 1024;
/** What a message takes besides its body. */
const messageOverhead = 1024;

/** The guard before vscode-jsonrpc: only whole, well-formed messages that the gate admits get through. */
export class FrameReader extends AbstractMessageReader implements MessageReader {
  readonly #input: Readable;
  readonly #gate: Gate;
  readonly #longestBody: number | undefined;
  #stop: (() => void) | undefined;
  #callback: DataCallback = () => {};
  /** What waits for its turn, in the order it came. */
  #waiting: { value: unknown; size: number }[] = [];
  #waitingSize = 0;

  constructor(input: Readable, gate: Gate, longestBody?: number) {
    super();
    this.#input = input;
    this.#gate = gate;
    this.#longestBody = longestBody;
  }

  listen(callback: DataCallback): Disposable {
    this.#callback = callback;
    const decoder = new FrameDecoder((body) => {
      if (this.#stop) this.#guard(() => this.#take(body));
    }, this.#longestBody);
    const onData = (chunk: Buffer) => this.#guard(() => decoder.push(chunk));
    const onEnd = () => this.#guard(() => this.#end(decoder));
    const onError = (error: Error) => {
      this.stop();
      this.fireError(error);
    };
    this.#stop = () => {
      this.#input.off('data', onData).off('end', onEnd).off('close', onEnd).pause();
    };
    this.#input.on('error', onError).on('end', onEnd).on('close', onEnd).on('data', onData);
    return { dispose: () => this.stop() };
  }

  /** Whether messages wait for their turn. */
  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Passes on what waits, as far as the gate lets it through, and reads on. */
  resume(): void {
    while (this.#waiting.length > 0 && !this.#gate.mustWait?.(this.#waiting[0]!.value)) {
      const { value, size } = this.#waiting.shift()!;
      this.#waitingSize -= size;
      this.#guard(() => this.#pass(value));
    }
    if (this.#stop && this.#waitingSize <= mostWaiting) this.#input.resume();
  }

  /** Reads no more. What waits still gets its turn. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #take(body: Buffer): void {
    this.#gate.weigh?.(body);
    const value = parseBody(body);
    if (!this.#gate.mustWait?.(value)) {
      this.#pass(value);
      return;
    }
    const size = body.length + messageOverhead;
    this.#waiting.push({ value, size });
    this.#waitingSize += size;
    if (this.#waitingSize > mostWaiting) this.#input.pause();
  }

  #pass(value: unknown): void {
    const message = this.#gate.admit(value);
    if (message) this.#callback(message);
  }

  #end(decoder: FrameDecoder): void {
    decoder.end();
    this.stop();
    this.fireClose();
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (error.isFatal) this.stop();
      this.#gate.refuse(error);
    }
  }
}
