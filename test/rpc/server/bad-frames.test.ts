import { describe, expect, test } from 'vitest';
import { connect } from '../support.ts';
import { brokenFrames } from './bad-frames.ts';
import { badMessages } from './bad-messages.ts';

const rows = <T extends { title: string }>(table: T[]) => table.map((row): [string, T] => [row.title, row]);

describe('a broken frame is answered and ends the connection', () => {
  test.each(rows(brokenFrames))('%s', async (_title, { bytes, answer, ends }) => {
    const { connection, peer, log } = connect();
    peer.send(bytes);
    if (ends) peer.end();
    const message = expect.stringMatching(answer!.message);
    expect(await peer.next()).toEqual({ jsonrpc: '2.0', id: null, error: { code: answer!.code, message } });
    expect(await connection.ended).toBe(1);
    expect(log()).toMatchObject([{ level: 'warn', message }]);
  });

  test.each(rows(brokenFrames.filter(({ ends }) => !ends)))(
    '%s, one byte at a time',
    async (_title, { bytes, answer }) => {
      const { connection, peer } = connect();
      for (const byte of Buffer.from(bytes)) peer.send(Buffer.of(byte));
      expect((await peer.next()).error).toMatchObject({ code: answer!.code });
      expect(await connection.ended).toBe(1);
      expect(peer.rest).toEqual([]);
    },
  );
});

describe('a bad message is answered and the conversation goes on', () => {
  test.each(rows(badMessages))('%s', async (_title, { bytes, answer }) => {
    const { peer } = connect();
    peer.send(bytes);
    if (answer) {
      const error = { code: answer.code, message: expect.stringMatching(answer.message) };
      expect(await peer.next()).toEqual({ jsonrpc: '2.0', id: answer.id ?? null, error });
    }
    peer.request(99, 'reservation/list');
    expect(await peer.next()).toEqual({ jsonrpc: '2.0', id: 99, result: { reservations: [] } });
  });
});

test('serves what came before a broken frame', async () => {
  const { connection, peer } = connect();
  peer.request(1, 'reservation/list');
  peer.send('garbage\n');
  const answers = [await peer.next(), await peer.next()];
  expect(answers.map(({ id }) => id).sort()).toEqual([1, null]);
  expect(await connection.ended).toBe(1);
});

test('serves nothing that comes behind a broken frame', async () => {
  const { connection, peer } = connect();
  peer.send('Content-Length: x\r\n\r\n');
  peer.request(1, 'reservation/list');
  await connection.ended;
  expect((await peer.next()).id).toBe(null);
  expect(peer.rest).toEqual([]);
});
