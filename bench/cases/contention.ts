import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FileLock } from '../../src/machine/file-lock.ts';
import { startWorker } from '../../src/rpc/client/client.ts';
import { type Case, median, timed } from '../measure.ts';
import { environment } from '../support.ts';

/** Each worker creates its blocks one after the other and frees them all by ending. */
async function createBlocks(workers: number, blocks: number): Promise<number> {
  const started = await Promise.all(Array.from({ length: workers }, () => startWorker({ env: environment() })));
  const taken = await timed(() =>
    Promise.all(
      started.map(async (worker) => {
        for (let index = 0; index < blocks; index++) {
          await worker.request('reservation/create', { protocol: 'tcp', numberOfPorts: 1 + (index % 5) });
        }
      }),
    ),
  );
  await Promise.all(started.map((worker) => worker.close()));
  return taken;
}

const contended: Case = {
  name: '16 workers, 10 blocks each',
  async run() {
    const alone = await createBlocks(1, 160);
    const together = await createBlocks(16, 10);
    return [{ name: this.name, ratio: together / alone, milliseconds: together, floor: 'one worker, 160 blocks' }];
  },
};

/** Takes the lock of the file named on the command line, says so, and keeps it. */
const holder = `
const { openSync } = require('node:fs');
const koffi = require(process.argv[1]);
const flock = koffi.load(null).func('int flock(int fd, int operation)');
if (flock(openSync(process.argv[2], 'a'), 2) === 0) process.stdout.write('held');
setInterval(() => {}, 1e6);
`;

const lockRecovery: Case = {
  name: 'lock recovery after SIGKILL',
  async run() {
    const file = join(environment().PORT_RESERVATION_HOME!, 'bench.lock');
    const koffi = fileURLToPath(import.meta.resolve('koffi'));
    const times: number[] = [];
    for (let round = 0; round < 10; round++) {
      const child = spawn(process.execPath, ['-e', holder, koffi, file], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout, 'data');
      const lock = new FileLock({
        file,
        guards: 'The bench',
        processId: process.pid,
        userId: process.geteuid?.(),
        posix: true,
        hints: {},
      });
      const waiting = timed(() => lock.hold(async () => undefined));
      child.kill('SIGKILL');
      times.push(await waiting);
    }
    return [{ name: this.name, milliseconds: median(times), aim: '<= 50 ms' }];
  },
};

export const contentionCases: Case[] = [contended, lockRecovery];
