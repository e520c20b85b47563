import { expect, test } from 'vitest';
import { frame, request } from '../../support/frames.ts';
import { connect, fakeService, made } from '../support.ts';

const params = { protocol: 'tcp', name: 'grün 🚢', reason: 'für Ümläute' };
const one = frame(request('ü', 'reservation/create', params));
const two = Buffer.concat([one, frame(request('🚢', 'reservation/create', params))]);

/** Cuts the bytes before each of the given positions. */
function cut(bytes: Buffer, ...positions: number[]): Buffer[] {
  return [...positions, bytes.length].map((end, index) => bytes.subarray(positions[index - 1] ?? 0, end));
}

const everyByte = (bytes: Buffer) => [...bytes].map((byte) => Buffer.of(byte));
const inside = (character: string, bytes = one) => bytes.indexOf(character) + 1;

const cases: [title: string, chunks: Buffer[], ids: (string | number)[]][] = [
  ['one chunk', [one], ['ü']],
  ['one byte at a time', everyByte(one), ['ü']],
  ['split in the header name', cut(one, 5), ['ü']],
  ['split in the length', cut(one, 'Content-Length: 1'.length), ['ü']],
  ['split between CR and LF', cut(one, one.indexOf('\n')), ['ü']],
  ['split between the two line ends', cut(one, one.indexOf('\r\n\r\n') + 2), ['ü']],
  ['split behind the header', cut(one, one.indexOf('\r\n\r\n') + 4), ['ü']],
  ['split inside ü', cut(one, inside('ü')), ['ü']],
  ['split inside an emoji', cut(one, inside('🚢'), inside('🚢') + 1, inside('🚢') + 2), ['ü']],
  ['two messages in one chunk', [two], ['ü', '🚢']],
  ['two messages one byte at a time', everyByte(two), ['ü', '🚢']],
  ['a message and half of the next', cut(two, one.length + 30), ['ü', '🚢']],
  ['a message and a header without its body', cut(two, two.lastIndexOf('\r\n\r\n') + 4), ['ü', '🚢']],
  [
    'other headers, in any case',
    [frame(request(1, 'reservation/create', params), 'content-TYPE: a/b; charset="UTF-8"\r\nX-Other: yes\r\n')],
    [1],
  ],
  [
    'charset utf8 as old clients write it',
    [frame(request(1, 'reservation/create', params), 'Content-Type: a/b; charset=utf8\r\n')],
    [1],
  ],
];

test.each(cases)('reads %s', async (_title, chunks, ids) => {
  const seen: unknown[] = [];
  const { peer } = connect(
    fakeService({
      create: async (got) => {
        seen.push(got);
        return made;
      },
    }),
  );
  for (const chunk of chunks) {
    peer.send(chunk);
    await new Promise(setImmediate); // so that each arrives alone
  }
  for (const id of ids) expect(await peer.next()).toEqual({ jsonrpc: '2.0', id, result: made });
  expect(seen).toEqual(ids.map(() => params));
});

const longest = 8 * 1024 * 1024;

test.each([
  ['in one chunk', longest],
  ['in pipe-sized chunks', 65536],
  ['in odd pieces', 1023],
])('reads a body of exactly 8 MiB %s', async (_title, size) => {
  const message = request(1, 'no/such', { text: '' });
  message.params = { text: 'x'.repeat(longest - JSON.stringify(message).length) };
  const bytes = frame(message);
  expect(bytes.length - bytes.indexOf('{')).toBe(longest);
  const { peer } = connect();
  for (let start = 0; start < bytes.length; start += size) peer.send(bytes.subarray(start, start + size));
  expect((await peer.next()).error?.code).toBe(-32601);
});

test('reads a header of exactly 8 KiB', async () => {
  const body = JSON.stringify(request(1, 'no/such'));
  const rest = `Content-Length: ${body.length}\r\nX: \r\n\r\n`.length;
  const { peer } = connect();
  peer.send(`Content-Length: ${body.length}\r\nX: ${'x'.repeat(8192 - rest)}\r\n\r\n${body}`);
  expect((await peer.next()).error?.code).toBe(-32601);
});

test('writes the length in bytes, not in characters', async () => {
  const { peer, output } = connect();
  const written: Buffer[] = [];
  output.on('data', (chunk: Buffer) => written.push(chunk));
  peer.request(1, 'reservation/create', params);
  await peer.next();
  expect(Buffer.concat(written)).toEqual(frame({ jsonrpc: '2.0', id: 1, result: made }));
});
