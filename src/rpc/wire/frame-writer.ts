import type { Writable } from 'node:stream';
import { AbstractMessageWriter, type Message, type MessageWriter } from 'vscode-jsonrpc';

/** Writes each message as one frame, in one piece. */
export class FrameWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #output: Writable;
  readonly #prepare: (message: Message) => Message;
  #unwritten = 0;
  /** Is told when a message has left this process. */
  onWritten: () => void = () => {};

  /** @param prepare gets each message that vscode-jsonrpc writes, and gives what goes out instead */
  constructor(output: Writable, prepare: (message: Message) => Message = (message) => message) {
    super();
    this.#output = output;
    this.#prepare = prepare;
    output.on('error', (error) => this.fireError(error));
    output.on('close', () => this.fireClose());
  }

  /** How many messages, and bytes of them, have not left this process. */
  get unwritten(): { messages: number; bytes: number } {
    return { messages: this.#unwritten, bytes: this.#output.writableLength };
  }

  /** Whether anything can be written any more. */
  get isOpen(): boolean {
    return this.#output.writable;
  }

  async write(message: Message): Promise<void> {
    await this.send(this.#prepare(message));
  }

  /** Writes the message as it is. */
  send(message: Message): Promise<void> {
    return new Promise((resolve, reject) => {
      const body = JSON.stringify(message);
      this.#unwritten++;
      this.#output.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, (error) => {
        this.#unwritten--;
        if (error) return reject(error);
        resolve();
        this.onWritten();
      });
    });
  }

  /** Resolves when all that was written has left this process, or cannot leave it any more. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#output.writable) resolve();
      else this.#output.write('', () => resolve());
    });
  }

  end(): void {
    this.#output.end();
  }
}
