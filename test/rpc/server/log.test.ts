import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createLog } from '../../../src/rpc/server/log.ts';

test('writes one JSON object a line', () => {
  const stream = new PassThrough();
  const log = createLog(() => stream);
  log.info('line one\nline two', { port: 5 });
  log.error('failed', { error: new Error('why'), token: 2n ** 64n - 1n });
  const lines = stream
    .read()
    .toString()
    .trimEnd()
    .split('\n')
    .map((line: string) => JSON.parse(line));
  expect(lines).toMatchObject([
    { level: 'info', message: 'line one\nline two', port: 5 },
    { level: 'error', message: 'failed', error: { message: 'why' }, token: '18446744073709551615' },
  ]);
  expect(lines[1].error.stack).toContain('log.test');
  expect(new Date(lines[0].time).toISOString()).toBe(lines[0].time);
});

test('asks for its stream at the first line', () => {
  let asked = 0;
  const log = createLog(() => {
    asked++;
    return new PassThrough();
  });
  expect(asked).toBe(0);
  log.info('one');
  log.info('two');
  expect(asked).toBe(1);
});

test('never fails: not on a circle, a broken or a missing stream', async () => {
  const circle: Record<string, unknown> = {};
  circle.circle = circle;
  createLog(() => new PassThrough()).info('circle', circle);
  createLog(() => {
    throw new Error('no stream');
  }).info('missing');
  const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('write EPIPE')) });
  const log = createLog(() => broken);
  log.info('one');
  await new Promise(setImmediate);
  log.info('two');
});
