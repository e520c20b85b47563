import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ledgerIn, temporaryFolder } from './support/homes.ts';
import { record, startPorts } from './support/records.ts';
import { runChild, startChild } from './support/run-child.ts';
import { strace, straceMissing } from './support/strace.ts';

async function homeWithOneRecord(): Promise<string> {
  const home = join(temporaryFolder(), 'home');
  const ledger = await ledgerIn(home);
  await ledger.change(({ write }) => write([record(4000, ledger.owner('persistent'))]));
  return home;
}

const addOne = ['add', 'persistent', '5000', '1'];

/** The system calls in a log of strace, each with how many of its kind there were: `openat 2` is the second openat. */
function callsIn(log: string): string[] {
  const counts = new Map<string, number>();
  const names = readFileSync(log, 'utf8').matchAll(/^\d+ +([a-z]\w*)\(/gm);
  return [...names].map(([, name]) => {
    const count = (counts.get(name!) ?? 0) + 1;
    counts.set(name!, count);
    return `${name} ${count}`;
  });
}

describe.runIf(!straceMissing)(
  `a worker killed in a ledger write${straceMissing ? ` (skipped: ${straceMissing})` : ''}`,
  () => {
    test('leaves the ledger as before or after, at every system call, and the lock free', async () => {
      const log = join(temporaryFolder(), 'log');
      const untouched = await homeWithOneRecord();
      expect(await runChild({ home: untouched, under: strace(untouched, log) }, ...addOne)).toBe('added');
      const calls = callsIn(log);
      // Opening the new file, writing, flushing, renaming, flushing the folder, unlocking: each must be among the steps.
      expect(calls).toEqual(
        expect.arrayContaining(['flock 1', 'openat 3', 'write 1', 'fsync 1', 'rename 1', 'fsync 2']),
      );

      const outcomes: string[] = [];
      for (const [index, call] of calls.entries()) {
        const home = await homeWithOneRecord();
        const [name, count] = call.split(' ');
        const under = strace(home, log, `${name}:signal=KILL:when=${count}`);
        const child = await startChild({ home, under }, ...addOne);
        expect(await child.ended, call).toBe('SIGKILL');
        expect(callsIn(log), call).toEqual(calls.slice(0, index + 1));

        const ledger = await ledgerIn(home, { patience: 0 });
        const ports = startPorts(await ledger.read());
        expect([[4000], [4000, 5000]], call).toContainEqual(ports);
        outcomes.push(ports.includes(5000) ? 'after' : 'before');
        await ledger.change(({ own, write }) => write([...own, record(6000, ledger.owner('persistent'))]));
        expect(startPorts(await ledger.read()), call).toEqual([...ports, 6000]);
        expect(readdirSync(home).sort(), call).toEqual(['ledger.json', 'ledger.lock']);
      }
      const renamed = calls.indexOf('rename 1');
      expect(outcomes).toEqual(calls.map((_, index) => (index <= renamed ? 'before' : 'after')));
    });
  },
);

test('the lock of a killed holder is free for the one who waits', async () => {
  const home = temporaryFolder();
  const holder = await startChild({ home }, 'hold');
  expect(await holder.next()).toBe('held');
  const impatient = (await ledgerIn(home, { patience: 0 })).change(async () => 'in');
  await expect(impatient).rejects.toMatchObject({ errorName: 'LedgerBusy' });
  const waiting = (await ledgerIn(home)).change(async () => 'in');
  holder.process.kill('SIGKILL');
  expect(await waiting).toBe('in');
});
