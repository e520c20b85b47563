import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { liveRecords } from '../../src/ledger/live-records.ts';
import { processIdentity } from '../../src/machine/process-identity.ts';
import type { Owner } from '../../src/protocol/generated/contract.ts';
import { ledgerIn, temporaryFolder } from './support/homes.ts';
import { deadProcess, sleeper } from './support/processes.ts';
import { record, startPorts } from './support/records.ts';
import { startChild } from './support/run-child.ts';

const lookHere = (processId: number) => processIdentity(processId, process.platform);

/** The owner that another live process is. */
async function otherOwner(): Promise<Owner> {
  const processId = sleeper().pid;
  return { user: 'other', processId, processStartTime: (await lookHere(processId)).startTime };
}

const owners: Record<string, [() => Promise<Owner>, 'kept' | 'dropped']> = {
  'a live process of somebody else': [otherOwner, 'kept'],
  'a live process, recorded without its start time': [
    async () => ({ ...(await otherOwner()), processStartTime: undefined }),
    'kept',
  ],
  "a live process with another's start time (the id was used again)": [
    async () => ({ ...(await otherOwner()), processStartTime: (await lookHere(process.pid)).startTime }),
    'dropped',
  ],
  'a live process, recorded in another boot': [
    async () => {
      const owner = await otherOwner();
      return { ...owner, processStartTime: owner.processStartTime?.replace(/@.*/, '@another-boot') };
    },
    'dropped',
  ],
  'a process that ended': [async () => ({ user: 'x', processId: await deadProcess() }), 'dropped'],
};

describe.each(Object.keys(owners))('the runtime record of %s', (kind) => {
  const [makeOwner, fate] = owners[kind]!;

  test(`is ${fate} by reading, which leaves the file alone, and by the next write`, async () => {
    const ledger = await ledgerIn(temporaryFolder());
    const theirs = record(5000, await makeOwner());
    const mine = record(6000, ledger.owner('runtime'));
    await ledger.change(({ write }) => write([theirs, mine]));
    const text = readFileSync(ledger.file, 'utf8');

    const expected = fate === 'kept' ? [5000, 6000] : [6000];
    expect(startPorts(await ledger.read())).toEqual(expected);
    expect(readFileSync(ledger.file, 'utf8')).toBe(text);
    await ledger.change(({ own, write }) => write([...own, record(7000, ledger.owner('persistent'))]));
    const { reservations } = JSON.parse(readFileSync(ledger.file, 'utf8'));
    expect(startPorts(reservations)).toEqual([...expected, 7000]);
  });
});

test('persistent records outlive every process', async () => {
  const ended = { user: 'x', processId: await deadProcess() };
  const records = [record(5000, { user: 'x' }), record(5001, ended, { lifetime: 'persistent' })];
  expect(await liveRecords(records, lookHere)).toEqual(records);
});

test('a record whose owner cannot be looked at is kept', async () => {
  const records = [record(5000, { user: 'x', processId: 7, processStartTime: '1@boot' })];
  expect(await liveRecords(records, async () => ({ alive: true }))).toEqual(records);
});

test('a runtime record without a process cannot be judged, and is kept', async () => {
  const records = [record(5000, { user: 'x' }, { lifetime: 'runtime' })];
  expect(await liveRecords(records, lookHere)).toEqual(records);
});

test('each process is looked at once', async () => {
  const looked: number[] = [];
  const records = [7, 8, 7, 8, 7].map((processId, index) => record(5000 + index, { user: 'x', processId }));
  const look = async (processId: number) => {
    looked.push(processId);
    return { alive: processId === 7 };
  };
  expect(startPorts(await liveRecords(records, look))).toEqual([5000, 5002, 5004]);
  expect(looked).toEqual([7, 8]);
});

test('the records of a worker go when it is killed', async () => {
  const home = temporaryFolder();
  const worker = await startChild({ home }, 'add', 'runtime', '5000', '3');
  expect(await worker.next()).toBe('added');
  const ledger = await ledgerIn(home);
  expect(startPorts(await ledger.read())).toEqual([5000, 5001, 5002]);
  worker.process.kill('SIGKILL');
  await worker.ended;
  expect(await ledger.read()).toEqual([]);
});
