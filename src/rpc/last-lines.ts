import type { Readable } from 'node:stream';

const mostLines = 20;
const mostCharacters = 8192;

/** Reads a stream to its end and keeps its last lines. */
export class LastLines {
  #text = '';

  constructor(stream: Readable) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      this.#text = (this.#text + chunk).slice(-mostCharacters);
    });
  }

  get lines(): string[] {
    return this.#text.split(/\r?\n/).filter(Boolean).slice(-mostLines);
  }
}
