import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../ledger/support/homes.ts';
import { workerFile } from '../support/worker.ts';

const program = join(workerFile, '../portreservation.mjs');

/** Runs it with that many open files at most. */
function run(limit: number, file: string, ...args: string[]) {
  const script = `ulimit -n ${limit}; exec "$@"`;
  const env = { ...process.env, PORT_RESERVATION_HOME: temporaryFolder() };
  return spawnSync('sh', ['-c', script, 'sh', process.execPath, file, ...args], { env, input: '', encoding: 'utf8' });
}

const posix = process.platform !== 'win32';
const limits = [20, 21, 22, 23, 24, 25, 26, 27, 28, 30];

test.runIf(posix).each(limits)('with %i open files a command is done, or ends with a sentence', (limit) => {
  const { status, stdout, stderr } = run(limit, program, 'exec', '--ports', '1', '--', 'echo', 'done');
  if (status === 0) return expect(stdout).toBe('done\n');
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringMatching(/^portreservation: .*\n {2}.*ulimit -n.*\n$/),
  });
});

test.runIf(posix).each(limits)('with %i open files a worker serves, or ends with a line of its log', (limit) => {
  const { status, stderr } = run(limit, workerFile, '--stdio');
  if (status === 0) return expect(stderr).toBe('');
  expect(status).toBe(1);
  expect(JSON.parse(stderr)).toMatchObject({ level: 'error', message: expect.stringContaining('ulimit -n') });
});
