import { describe, expect, onTestFinished, test } from 'vitest';
import { brokenFrames } from '../rpc/server/bad-frames.ts';
import { badMessages } from '../rpc/server/bad-messages.ts';
import { startRawWorker } from '../support/worker.ts';

describe('a broken frame is answered and ends the worker with exit code 1', () => {
  test.each(brokenFrames)('$title', async ({ bytes, answer, ends }) => {
    const { peer, ended, log } = startRawWorker(onTestFinished);
    peer.send(bytes);
    if (ends) peer.end();
    const message = expect.stringMatching(answer!.message);
    expect(await peer.next()).toEqual({ jsonrpc: '2.0', id: null, error: { code: answer!.code, message } });
    expect(await ended).toBe(1);
    expect(peer.rest).toEqual([]);
    expect(JSON.parse(log())).toMatchObject({ level: 'warn', message });
  });
});

test('one worker answers every bad message and goes on', async () => {
  const { peer, ended } = startRawWorker(onTestFinished, { args: ['--stdio', '--provider', 'ledger'] });
  for (const [index, { title, bytes, answer }] of badMessages.entries()) {
    peer.send(bytes);
    if (answer) {
      const error = { code: answer.code, message: expect.stringMatching(answer.message) };
      expect(await peer.next(), title).toEqual({ jsonrpc: '2.0', id: answer.id ?? null, error });
    }
    peer.request(`after ${index}`, 'reservation/list');
    const after = { jsonrpc: '2.0', id: `after ${index}`, result: { reservations: [] } };
    expect(await peer.next(), title).toEqual(after);
  }
  peer.end();
  expect(await ended).toBe(0);
});
