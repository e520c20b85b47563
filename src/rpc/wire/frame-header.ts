import { Fault } from './fault.ts';

/** The longest header, its closing empty line included. */
const maximumHeaderLength = 8 * 1024;
/** The longest body a worker takes: a document of 1 MiB, every character of it written as an escape, and room for the rest. */
export const maximumBodyLength = 8 * 1024 * 1024;

const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const colon = 0x3a;

const isTokenCharacter = Array.from({ length: 256 }, (_, byte) =>
  /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte)),
);
const isValueCharacter = (byte: number) => byte === tab || (byte >= 0x20 && byte < 0x7f);

const quoted = (text: string) => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
const named = (byte: number) =>
  byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte 0x${byte.toString(16).padStart(2, '0')}`;

const broken = (rule: string) => Fault.broken('ParseError', rule);
const refused = (rule: string) => Fault.broken('InvalidRequest', rule);

/**
 * Reads one frame's header, byte by byte, and refuses a wrong one at its first wrong byte: whoever sends something else
 * than frames gets an answer at once, whatever it is.
 */
export class FrameHeader {
  readonly #bytes = Buffer.allocUnsafe(maximumHeaderLength);
  readonly #longestBody: number;
  #length = 0;
  #lineStart = 0;
  /** Where the current line's colon is; 0 while still in the name, which is never empty. */
  #colon = 0;
  #contentLength: number | undefined;

  constructor(longestBody: number) {
    this.#longestBody = longestBody;
  }

  /** Whether bytes of a header have been read that has not ended. */
  get started(): boolean {
    return this.#length > 0;
  }

  /** The bytes taken of the header that has not ended. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Takes one byte. Gives the body's length when the header has ended with it, and is ready for the next then. */
  take(byte: number): number | undefined {
    if (this.#length === maximumHeaderLength) throw refused(`the header is longer than ${maximumHeaderLength} bytes`);
    const previous = this.#length > this.#lineStart ? this.#bytes[this.#length - 1] : undefined;
    this.#bytes[this.#length++] = byte;
    if (previous === carriageReturn) {
      if (byte !== lineFeed) throw broken(`a carriage return in the header is followed by ${named(byte)}`);
      return this.#endLine();
    }
    if (byte === lineFeed) throw broken('a header line ends with a line feed alone, not with CR LF');
    if (this.#colon > 0) {
      if (byte !== carriageReturn && !isValueCharacter(byte)) throw broken(`${named(byte)} in a header value`);
    } else if (byte === colon && previous !== undefined) {
      this.#colon = this.#length - 1;
    } else if (!isTokenCharacter[byte] && !(byte === carriageReturn && previous === undefined)) {
      throw broken(`${named(byte)} in a header name; expected "Content-Length: <bytes>", CR LF, CR LF, body`);
    }
    return undefined;
  }

  #endLine(): number | undefined {
    const end = this.#length - 2;
    if (end === this.#lineStart) {
      const contentLength = this.#contentLength;
      if (contentLength === undefined) throw broken('Content-Length is missing');
      this.#length = 0;
      this.#lineStart = 0;
      this.#contentLength = undefined;
      return contentLength;
    }
    const name = this.#bytes.toString('latin1', this.#lineStart, this.#colon).toLowerCase();
    const value = this.#bytes.toString('latin1', this.#colon + 1, end).trim();
    this.#lineStart = this.#length;
    this.#colon = 0;
    if (name === 'content-length') {
      if (this.#contentLength !== undefined) throw broken('Content-Length is given twice');
      this.#contentLength = parseLength(value, this.#longestBody);
    } else if (name === 'content-type') {
      checkCharset(value);
    }
    return undefined;
  }
}

function parseLength(value: string, longest: number): number {
  if (!/^[0-9]+$/.test(value)) throw broken(`Content-Length must be decimal digits, not ${quoted(value)}`);
  const length = Number(value);
  if (length > longest) {
    throw refused(`Content-Length must be at most ${longest}, not ${value.length > 20 ? 'larger' : value}`);
  }
  return length;
}

function checkCharset(contentType: string): void {
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(contentType)?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset))
    throw refused(`charset must be utf-8, not ${quoted(charset)}`);
}
