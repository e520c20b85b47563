import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LedgerRecord } from '../../src/protocol/generated/contract.ts';
import { held } from '../support/held.ts';
import { lockLedger } from '../support/lock-ledger.ts';
import { ledgerIn, temporaryFolder } from './support/homes.ts';
import { lineOf, stands } from './support/line.ts';
import { sleeper } from './support/processes.ts';
import { record, startPorts } from './support/records.ts';
import { runChild, startChild } from './support/run-child.ts';

type Ledger = Awaited<ReturnType<typeof ledgerIn>>;

const isShared = true;

const addBeside = (ledger: Ledger, port: number) =>
  ledger.change(({ own, write }) => write([...own, record(port, ledger.owner('runtime'))]), { isShared });

const addAlone = (ledger: Ledger, port: number, lifetime: 'runtime' | 'persistent' = 'runtime') =>
  ledger.change(({ own, write }) => write([...own, record(port, ledger.owner(lifetime))]));

test('who shares the lock waits for nobody who does, and both have what they wrote', async () => {
  const home = temporaryFolder();
  const [one, two, reader] = [await ledgerIn(home), await ledgerIn(home), await ledgerIn(home)];
  const end = await held((work) =>
    one.change(
      async ({ own, write }) => {
        await write([...own, record(5000, one.owner('runtime'))]);
        await work();
      },
      { isShared },
    ),
  );
  await addBeside(two, 5001);
  expect(startPorts(await reader.read()).sort()).toEqual([5000, 5001]);
  await end();
  await addBeside(two, 5002);
  await addBeside(one, 5003);
  expect(startPorts(await reader.read()).sort()).toEqual([5000, 5001, 5002, 5003]);
});

test('who wants it alone waits until nobody shares it, and those who come after him wait for him', async () => {
  const home = temporaryFolder();
  const [one, two, late] = [await ledgerIn(home), await ledgerIn(home), await ledgerIn(home)];
  const end = await held((work) => one.change(work, { isShared }));
  const done: string[] = [];
  const alone = two.change(async () => done.push('alone'));
  await stands(home, 1);
  const beside = late.change(async () => done.push('beside'), { isShared });
  await stands(home, 2);
  expect(done).toEqual([]);
  await end();
  await Promise.all([alone, beside]);
  expect(done).toEqual(['alone', 'beside']);
  expect(lineOf(home)).toEqual([]);
});

test('what shares it in one process does not let in what has to be alone', async () => {
  const home = temporaryFolder();
  const [one, other] = [await ledgerIn(home), await ledgerIn(home)];
  const [endOne, endOther] = [
    await held((work) => one.change(work, { isShared })),
    await held((work) => other.change(work, { isShared })),
  ];
  const done: string[] = [];
  const next = one.change(async () => done.push('alone'));
  await new Promise((resolve) => setImmediate(resolve)); // it waits for its turn now
  await endOne();
  await stands(home, 1);
  expect(done).toEqual([]);
  await endOther();
  await next;
  expect(done).toEqual(['alone']);
});

test('a stream of those who share it keeps out nobody who wants it alone', async () => {
  const home = temporaryFolder();
  const sharing = await Promise.all(Array.from({ length: 4 }, () => ledgerIn(home)));
  let isOver = false;
  // Each has it for longer than those behind wait for the first before they try, and they overlap.
  const streams = sharing.map(async (ledger, index) => {
    for (let time = 500 + 125 * index; !isOver; time = 500) {
      await ledger.change(() => new Promise<void>((resolve) => setTimeout(resolve, time)), { isShared });
    }
  });
  const alone = await ledgerIn(home, { patience: 2500 });
  for (let round = 0; round < 3; round++) await alone.change(async () => {});
  isOver = true;
  await Promise.all(streams);
});

test('what others changed alone is seen by the next who shares the lock', async () => {
  const home = temporaryFolder();
  const [one, two] = [await ledgerIn(home), await ledgerIn(home)];
  await addBeside(one, 5000);
  for (const [port, lifetime] of [[6000, 'runtime'] as const, [6001, 'persistent'] as const]) {
    await addAlone(two, port, lifetime);
    expect(await one.change(async ({ own }) => startPorts(own), { isShared })).toContain(port);
  }
  // By itself, too.
  await addAlone(one, 5001);
  expect(startPorts(await one.change(async ({ own }) => own, { isShared })).sort()).toEqual([5000, 5001, 6000, 6001]);
});

test('each change of a worker of version 0.1 is seen, though it signs all of them alike', async () => {
  const home = temporaryFolder();
  const ledger = await ledgerIn(home);
  await addBeside(ledger, 5000);
  const worker = sleeper();
  const owner = { user: 'other', processId: worker.pid };
  const records: LedgerRecord[] = [];
  for (const port of [6000, 6001, 6002]) {
    records.push(record(port, owner));
    const unlock = await lockLedger(home);
    const lock = openSync(join(home, 'ledger.lock'), 'r+');
    writeSync(lock, `${String(worker.pid).padEnd(10)}\n`, 0);
    closeSync(lock);
    writeFileSync(ledger.file, JSON.stringify({ version: 1, reservations: records }), { mode: 0o600 });
    unlock();
    expect(await ledger.change(async ({ own }) => startPorts(own), { isShared })).toContain(port);
  }
});

test('what is not to be done beside others is done again alone', async () => {
  const ledger = await ledgerIn(temporaryFolder());
  await addBeside(ledger, 5000);
  const tries: boolean[] = [];
  await ledger.change(
    async ({ isShared: now, own, write }) => {
      tries.push(now);
      await write([...own, record(7000, ledger.owner('persistent'))]);
    },
    { isShared },
  );
  await ledger.change(
    async ({ isShared: now, writeExclusions }) => {
      tries.push(now);
      await writeExclusions([]);
    },
    { isShared },
  );
  expect(tries).toEqual([true, false, true, false]);
  expect(startPorts(await ledger.read()).sort()).toEqual([5000, 7000]);
  await expect(ledger.change(async ({ beAlone }) => beAlone())).rejects.toThrow('has to be made alone');
});

test('what the dead left is removed by the first change of a service', async () => {
  const home = temporaryFolder();
  for (const files of [['1-abc.lock'], ['2-abc.lock', '2-abc.json']]) {
    const ledger = await ledgerIn(home);
    await addBeside(ledger, 5000);
    for (const file of files) writeFileSync(join(home, 'runtime', file), '');
    await addBeside(await ledgerIn(home), 5001);
    expect(readdirSync(join(home, 'runtime'))).not.toContain(files[0]);
    ledger.close();
  }
});

test('who shares the lock and does not move is named', async () => {
  const home = temporaryFolder();
  await addAlone(await ledgerIn(home), 5000, 'persistent');
  const holder = await startChild({ home }, 'hold', 'shared');
  expect(await holder.next()).toBe('held');
  const ledger = await ledgerIn(home, { patience: 20 });
  await addBeside(ledger, 5001);
  await expect(ledger.change(async () => {})).rejects.toMatchObject({
    errorName: 'LedgerBusy',
    message: expect.stringContaining(`process ${holder.process.pid} `),
  });
});

const inNamespace = ['unshare', '-mpf', 'sh', '-c', 'mount -t proc proc /proc && exec "$@"', 'sh'];
const { status, stderr } = spawnSync(inNamespace[0]!, [...inNamespace.slice(1), 'true'], { encoding: 'utf8' });
const missing = status === 0 ? '' : ` (skipped: ${stderr || 'no unshare here'})`;

test.runIf(missing === '')(`nobody else is named where who shares it cannot be seen${missing}`, async () => {
  const home = temporaryFolder();
  const child = { home, under: inNamespace };
  await runChild(child, 'add', 'persistent', '5000', '1');
  const end = await held(async (work) => (await ledgerIn(home)).change(work, { isShared }));
  const waiter = await startChild(child, 'wait', 'in', '20');
  expect(await waiter.next()).toBe('waiting');
  expect(await waiter.next()).toMatchObject({
    errorName: 'LedgerBusy',
    message: expect.stringContaining('locked by another process for'),
  });
  await waiter.end();
  await end();
});
