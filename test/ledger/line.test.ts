import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { held } from '../support/held.ts';
import { ledgerIn, temporaryFolder } from './support/homes.ts';
import { lineOf, stands } from './support/line.ts';
import { startChild } from './support/run-child.ts';

/** Holds the ledger until it is told. */
async function heldIn(home: string) {
  const ledger = await ledgerIn(home);
  return held((work) => ledger.change(work));
}

test('who waits first is served first, also where one comes who finds the lock free', async () => {
  const home = temporaryFolder();
  const release = await heldIn(home);
  const served: number[] = [];
  const waiting = [];
  for (let index = 0; index < 8; index++) {
    const ledger = await ledgerIn(home);
    waiting.push(ledger.change(async () => served.push(index)));
    await stands(home, index + 1);
  }
  const late = await ledgerIn(home);
  const lastOne = release().then(() => late.change(async () => served.push(8)));
  await Promise.all([...waiting, lastOne]);
  expect(served).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(lineOf(home)).toEqual([]);
});

test('the progress of others does not count against a waiter', async () => {
  const home = temporaryFolder();
  const patience = 400;
  const release = await heldIn(home);
  const waiting = [];
  for (let index = 0; index < 12; index++) {
    const ledger = await ledgerIn(home, { patience });
    waiting.push(ledger.change(() => new Promise<void>((resolve) => setTimeout(resolve, patience / 5))));
    await stands(home, index + 1);
  }
  await release();
  // The last waits longer than its patience, while the line moves.
  await expect(Promise.all(waiting)).resolves.toHaveLength(12);
});

test('one that is killed while it waits holds nobody up', async () => {
  const home = temporaryFolder();
  const release = await heldIn(home);
  const children = [];
  for (const place of [1, 2]) {
    const child = await startChild({ home }, 'wait', 'killed');
    expect(await child.next()).toBe('waiting');
    await stands(home, place);
    children.push(child);
  }
  const waiting = (await ledgerIn(home)).change(async () => 'in');
  await stands(home, 3);
  for (const child of children) {
    child.process.kill('SIGKILL');
    await child.ended;
  }
  await release();
  expect(await waiting).toBe('in');
  expect(lineOf(home)).toEqual([]);
});

test('one that is stopped while it waits holds nobody up for long', async () => {
  const home = temporaryFolder();
  const release = await heldIn(home);
  const child = await startChild({ home }, 'wait', 'stopped');
  expect(await child.next()).toBe('waiting');
  await stands(home, 1);
  child.process.kill('SIGSTOP');
  const waiting = (await ledgerIn(home)).change(async () => 'in');
  await stands(home, 2);
  await release();
  expect(await waiting).toBe('in');
  child.process.kill('SIGCONT');
  expect(await child.next()).toBe('stopped');
  await child.end();
});

test('a clock that was set back puts nobody before those who wait', async () => {
  const home = temporaryFolder();
  const release = await heldIn(home);
  onTestFinished(() => void vi.useRealTimers());
  const served: number[] = [];
  const waiting = [];
  for (const index of [0, 1, 2]) {
    const ledger = await ledgerIn(home);
    waiting.push(ledger.change(async () => served.push(index)));
    await stands(home, index + 1);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
  }
  vi.useRealTimers();
  await release();
  await Promise.all(waiting);
  expect(served).toEqual([0, 1, 2]);
});

test('a place of the dead that cannot be removed holds nobody up', async () => {
  const home = temporaryFolder();
  const release = await heldIn(home);
  const stuck = '000000000000001-0123456789ab';
  mkdirSync(join(home, 'waiting', stuck), { recursive: true });
  const child = await startChild({ home }, 'wait', 'in'); // one that goes round for ever can be killed
  expect(await child.next()).toBe('waiting');
  await stands(home, 2);
  await release();
  expect(await child.next()).toBe('in');
  await child.end();
  expect(lineOf(home)).toEqual([stuck]);
});

test('one that gives up lets the next one in', async () => {
  const home = temporaryFolder();
  const release = await heldIn(home);
  const controller = new AbortController();
  const first = (await ledgerIn(home)).change(async () => 'first', { signal: controller.signal });
  await stands(home, 1);
  const second = (await ledgerIn(home)).change(async () => 'second');
  await stands(home, 2);
  controller.abort(new Error('not any more'));
  await expect(first).rejects.toThrow('not any more');
  await release();
  expect(await second).toBe('second');
});

test('a process whose wait is all that is left of it can be ended', async () => {
  const home = temporaryFolder();
  const release = await heldIn(home);
  const child = await startChild({ home }, 'wait', 'ended');
  expect(await child.next()).toBe('waiting');
  await stands(home, 1);
  child.process.stdin!.end(); // which lets it exit
  expect(await child.ended).toBe(0);
  await release();
});
