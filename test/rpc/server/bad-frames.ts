import { request } from '../../support/frames.ts';

export interface BadFrame {
  title: string;
  bytes: Buffer | string;
  /** Undefined: it is not answered. */
  answer?: { code: number; message: RegExp; id?: string | number };
  /** Whether the input ends behind it. */
  ends?: boolean;
}

const parseError = -32700;
const invalidRequest = -32600;
const header = (text: string) => `${text}\r\n\r\n`;
const good = JSON.stringify(request(1, 'reservation/list', {}));
const bytes = (...values: number[]) => Buffer.from(values);

/** Frames whose end cannot be known: answered with id null, and the worker ends with exit code 1. */
export const brokenFrames: BadFrame[] = [
  {
    title: 'a line of JSON without a header',
    bytes: `${good}\n`,
    answer: { code: parseError, message: /"\{" in a header name/ },
  },
  { title: 'a batch without a header', bytes: '[1]', answer: { code: parseError, message: /"\[" in a header name/ } },
  {
    title: 'a web request',
    bytes: header('GET / HTTP/1.1'),
    answer: { code: parseError, message: /byte 0x20 in a header name/ },
  },
  { title: 'a TLS hello', bytes: bytes(0x16, 3, 1, 0), answer: { code: parseError, message: /byte 0x16/ } },
  {
    title: 'a byte order mark before the header',
    bytes: bytes(0xef, 0xbb, 0xbf),
    answer: { code: parseError, message: /byte 0xef/ },
  },
  {
    title: 'line feeds alone',
    bytes: 'Content-Length: 2\n\n{}',
    answer: { code: parseError, message: /not with CR LF/ },
  },
  {
    title: 'a carriage return alone',
    bytes: 'Content-Length: 2\r{}',
    answer: { code: parseError, message: /followed by "\{"/ },
  },
  { title: 'an empty header', bytes: '\r\n', answer: { code: parseError, message: /Content-Length is missing/ } },
  {
    title: 'no Content-Length',
    bytes: header('Content-Type: application/json'),
    answer: { code: parseError, message: /Content-Length is missing/ },
  },
  {
    title: 'a header without a colon',
    bytes: 'Content-Length\r\n',
    answer: { code: parseError, message: /byte 0x0d in a header name/ },
  },
  { title: 'a header without a name', bytes: ': 2\r\n', answer: { code: parseError, message: /":" in a header name/ } },
  {
    title: 'a space before the colon',
    bytes: 'Content-Length : 2',
    answer: { code: parseError, message: /byte 0x20 in a header name/ },
  },
  {
    title: 'a folded header',
    bytes: 'Content-Length: 2\r\n folded',
    answer: { code: parseError, message: /byte 0x20 in a header name/ },
  },
  {
    title: 'a NUL in a header value',
    bytes: 'Content-Length: 2\0',
    answer: { code: parseError, message: /byte 0x00 in a header value/ },
  },
  {
    title: 'a Latin letter in a header value',
    bytes: bytes(0x41, 0x3a, 0xfc),
    answer: { code: parseError, message: /byte 0xfc in a header value/ },
  },
  {
    title: 'a negative length',
    bytes: header('Content-Length: -1'),
    answer: { code: parseError, message: /decimal digits, not "-1"/ },
  },
  {
    title: 'a length with a plus',
    bytes: header('Content-Length: +2'),
    answer: { code: parseError, message: /decimal digits, not "\+2"/ },
  },
  {
    title: 'a hexadecimal length',
    bytes: header('Content-Length: 0x10'),
    answer: { code: parseError, message: /decimal digits, not "0x10"/ },
  },
  {
    title: 'an exponent as length',
    bytes: header('Content-Length: 1e3'),
    answer: { code: parseError, message: /decimal digits, not "1e3"/ },
  },
  {
    title: 'a fraction as length',
    bytes: header('Content-Length: 2.0'),
    answer: { code: parseError, message: /decimal digits, not "2.0"/ },
  },
  {
    title: 'a word as length',
    bytes: header('Content-Length: two'),
    answer: { code: parseError, message: /decimal digits, not "two"/ },
  },
  {
    title: 'an empty length',
    bytes: header('Content-Length:'),
    answer: { code: parseError, message: /decimal digits, not ""/ },
  },
  {
    title: 'two lengths in one header',
    bytes: header('Content-Length: 2, 2'),
    answer: { code: parseError, message: /decimal digits, not "2, 2"/ },
  },
  {
    title: 'two Content-Length headers',
    bytes: header('Content-Length: 2\r\ncontent-length: 2'),
    answer: { code: parseError, message: /given twice/ },
  },
  {
    title: 'a length of 8 MiB and a byte',
    bytes: 'Content-Length: 8388609\r\n',
    answer: { code: invalidRequest, message: /at most 8388608, not 8388609/ },
  },
  {
    title: 'a length of 2 GiB',
    bytes: 'Content-Length: 2147483648\r\n',
    answer: { code: invalidRequest, message: /at most 8388608/ },
  },
  {
    title: 'a length of 400 digits',
    bytes: `Content-Length: ${'9'.repeat(400)}\r\n`,
    answer: { code: invalidRequest, message: /at most 8388608, not larger/ },
  },
  {
    title: 'a header of 8 KiB and a byte',
    bytes: `X: ${'x'.repeat(8190)}`,
    answer: { code: invalidRequest, message: /longer than 8192 bytes/ },
  },
  {
    title: 'another charset',
    bytes: header('Content-Type: application/json; charset=latin1\r\nContent-Length: 2'),
    answer: { code: invalidRequest, message: /charset must be utf-8, not "latin1"/ },
  },
  {
    title: 'an end of input inside the header',
    bytes: 'Content-Len',
    ends: true,
    answer: { code: parseError, message: /ended inside a header/ },
  },
  {
    title: 'an end of input inside the body',
    bytes: `${header('Content-Length: 100')}{"json`,
    ends: true,
    answer: { code: parseError, message: /ended after 6 of the 100 bytes/ },
  },
];
