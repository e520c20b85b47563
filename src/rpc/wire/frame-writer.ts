import type { Writable } from 'node:stream';
import { AbstractMessageWriter, type Message, type MessageWriter } from 'vscode-jsonrpc';

/** Writes each message as one frame, in one piece. */
export class FrameWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #output: Writable;
  readonly #prepare: (message: Message) => Message;

  /** @param prepare gets each message that vscode-jsonrpc writes, and gives what goes out instead */
  constructor(output: Writable, prepare: (message: Message) => Message = (message) => message) {
    super();
    this.#output = output;
    this.#prepare = prepare;
    output.on('error', (error) => this.fireError(error));
    output.on('close', () => this.fireClose());
  }

  async write(message: Message): Promise<void> {
    await this.send(this.#prepare(message));
  }

  /** Writes the message as it is. */
  send(message: Message): Promise<void> {
    return new Promise((resolve, reject) => {
      const body = JSON.stringify(message);
      this.#output.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, (error) =>
        error ? reject(error) : resolve(),
      );
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
