import type { Readable, Writable } from 'node:stream';

export interface Answer {
  jsonrpc: string;
  id: string | number | null;
  result?: Record<string, unknown> | null;
  error?: { code: number; message: string; data?: Record<string, unknown> };
  /** Of a request that the worker sends. */
  method?: string;
  params?: Record<string, unknown>;
}

/** One frame around a body, with its length in bytes. */
export function frame(body: object | string | Buffer, header = ''): Buffer {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return Buffer.concat([Buffer.from(`Content-Length: ${bytes.length}\r\n${header}\r\n`), bytes]);
}

/** A request as a message. */
export const request = (id: unknown, method: string, params?: unknown) => ({ jsonrpc: '2.0', id, method, params });

/** A client that knows frames and nothing else: writes whatever bytes a test has and reads answers one by one. */
export class RawPeer {
  readonly #output: Writable;
  readonly #answers: Answer[] = [];
  #waiting: () => void = () => {};
  #hasEnded = false;
  #bytes = Buffer.alloc(0);

  constructor(input: Readable, output: Writable) {
    this.#output = output.on('error', () => {}); // a worker that ends does not read the rest
    input.on('data', (chunk: Buffer) => this.#receive(chunk));
    input.on('close', () => {
      this.#hasEnded = true;
      this.#waiting();
    });
  }

  send(bytes: Buffer | string): void {
    this.#output.write(bytes);
  }

  request(id: unknown, method: string, params?: unknown): void {
    this.send(frame(request(id, method, params)));
  }

  notify(method: string, params?: unknown): void {
    this.send(frame({ jsonrpc: '2.0', method, params }));
  }

  end(): void {
    this.#output.end();
  }

  /** The next answer; fails when the output ends without one. */
  async next(): Promise<Answer> {
    while (this.#answers.length === 0) {
      if (this.#hasEnded) throw new Error('The output ended without an answer.');
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    return this.#answers.shift()!;
  }

  /** The answers that came and were not asked for. */
  get rest(): Answer[] {
    return this.#answers;
  }

  #receive(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      const header = /^Content-Length: ([0-9]+)\r\n\r\n/.exec(this.#bytes.toString('latin1'));
      if (!header) return;
      const end = header[0].length + Number(header[1]);
      if (this.#bytes.length < end) return;
      this.#answers.push(JSON.parse(this.#bytes.toString('utf8', header[0].length, end)));
      this.#bytes = this.#bytes.subarray(end);
      this.#waiting();
    }
  }
}
