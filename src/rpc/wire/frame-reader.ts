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
  /** Gives the message to pass on, or undefined to drop it. @throws Fault when it cannot be served */
  admit(value: unknown): Message | undefined;
  /** Is told each fault. After a fatal one nothing more is read. */
  refuse(fault: Fault): void;
}

/** The guard before vscode-jsonrpc: only whole, well-formed messages that the gate admits get through. */
export class FrameReader extends AbstractMessageReader implements MessageReader {
  readonly #input: Readable;
  readonly #gate: Gate;
  readonly #longestBody: number | undefined;
  #stop: (() => void) | undefined;

  constructor(input: Readable, gate: Gate, longestBody?: number) {
    super();
    this.#input = input;
    this.#gate = gate;
    this.#longestBody = longestBody;
  }

  listen(callback: DataCallback): Disposable {
    const decoder = new FrameDecoder((body) => {
      if (this.#stop) this.#guard(() => this.#pass(body, callback));
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

  /** Reads no more. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #pass(body: Buffer, callback: DataCallback): void {
    this.#gate.weigh?.(body);
    const message = this.#gate.admit(parseBody(body));
    if (message) callback(message);
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
