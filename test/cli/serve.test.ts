import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { startWorker } from '../../src/index.ts';
import { listen } from '../support/listen.ts';
import { ownHome } from '../support/worker.ts';
import { portreservation } from './support.ts';

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));

/** The command line behind a pipe of another process, as ssh would be. */
const behindPipes = ['sh', '-c', 'cat | "$0" "$@" | cat', process.execPath, portreservation, 'serve', '--stdio'];
const inPlaceOfShell = ['sh', '-c', 'exec "$0" "$@"', process.execPath, portreservation, 'serve', '--stdio'];

test.each([
  ['by itself', [process.execPath, portreservation, 'serve', '--stdio']],
  ['in the place of a shell', inPlaceOfShell],
  ['behind pipes of other processes', behindPipes],
])('serve --stdio is the worker, %s', async (_, command) => {
  const worker = await startWorker({ command, env: ownHome(onTestFinished) });
  expect(worker.server.serverInfo).toEqual({ name: 'portreservation', version });
  const created = await worker.request('reservation/create', { protocol: 'tcp', name: 'served' });
  const { range } = created.reservations[0]!;
  expect(await listen(range.startPort)).toBe('EADDRINUSE');
  await worker.close();
  expect(await listen(range.startPort)).toBeUndefined();
});

test('serve takes the options of the worker and says what is wrong', async () => {
  const run = (...args: string[]) => promisify(execFile)(process.execPath, [portreservation, 'serve', ...args]);
  expect((await run('--help')).stdout).toMatch(
    /^Usage: portreservation serve --stdio\|--listen \[ADDRESS\] \[--provider /,
  );
  expect((await run('--version')).stdout).toBe(`${version}\n`);
  await expect(run()).rejects.toMatchObject({
    code: 64,
    stderr: expect.stringMatching(/^--stdio or --listen is missing\n/),
  });
});
