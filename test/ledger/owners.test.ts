import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { liveLegacyRecords } from '../../src/ledger/legacy-records.ts';
import { processIdentity } from '../../src/machine/process-identity.ts';
import type { Owner } from '../../src/protocol/generated/contract.ts';
import { ledgerIn, temporaryFolder } from './support/homes.ts';
import { deadProcess, sleeper } from './support/processes.ts';
import { record, startPorts } from './support/records.ts';
import { runChild, startChild } from './support/run-child.ts';

const lookHere = (processId: number) => processIdentity(processId, process.platform);

const inFile = (file: string) => startPorts(JSON.parse(readFileSync(file, 'utf8')).reservations);

/** The files of runtime reservations. */
const filesIn = (home: string) => readdirSync(join(home, 'runtime')).sort();

describe('the runtime records of a worker', () => {
  test('stand in a file of its own, and the ledger’s file is not touched', async () => {
    const home = temporaryFolder();
    const worker = await startChild({ home }, 'add', 'runtime', '5000', '2');
    expect(await worker.next()).toBe('added');
    expect(readdirSync(home).sort()).toEqual(['ledger.lock', 'runtime']);
    const name = new RegExp(`^${worker.process.pid}-[0-9a-f]{12}\\.(json|lock)$`);
    expect(filesIn(home)).toEqual([expect.stringMatching(name), expect.stringMatching(name)]);
  });

  test('go when it is killed: from what is read at once, from the folder by the next change', async () => {
    const home = temporaryFolder();
    const worker = await startChild({ home }, 'add', 'runtime', '5000', '3');
    expect(await worker.next()).toBe('added');
    const ledger = await ledgerIn(home);
    expect(startPorts(await ledger.read())).toEqual([5000, 5001, 5002]);
    worker.process.kill('SIGKILL');
    await worker.ended;
    expect(await ledger.read()).toEqual([]);
    expect(filesIn(home)).toHaveLength(2);
    await ledger.change(async ({ own }) => expect(own).toEqual([]));
    expect(filesIn(home)).toEqual([]);
  });

  test('are left as they are by what another worker writes', async () => {
    const home = temporaryFolder();
    const worker = await startChild({ home }, 'add', 'runtime', '5000', '1');
    expect(await worker.next()).toBe('added');
    const ledger = await ledgerIn(home);
    const mine = record(6000, ledger.owner('runtime'));
    await ledger.change(({ own, write }) => write([...own, mine, record(7000, ledger.owner('persistent'))]));
    expect(startPorts(await ledger.read()).sort()).toEqual([5000, 6000, 7000]);
    await ledger.change(({ write }) => write([]));
    expect(startPorts(await ledger.read())).toEqual([5000]);
    ledger.close();
    expect(filesIn(home)).toHaveLength(2);
  });

  test('are known to it, listed and freed, whatever becomes of the files', async () => {
    const home = temporaryFolder();
    const ledger = await ledgerIn(home);
    const [first, second] = [5000, 5001].map((port) => record(port, ledger.owner('runtime')));
    await ledger.change(({ write }) => write([first!]));
    for (const name of filesIn(home)) writeFileSync(join(home, 'runtime', name), '');
    expect(await ledger.read()).toEqual([first]);
    await ledger.change(({ own, write }) => write([...own, second!]));
    const other = await ledgerIn(home);
    expect(await other.read()).toEqual([first, second]);
    await ledger.change(({ write }) => write([]));
    expect(await other.read()).toEqual([]);
  });

  test('are not begun anew by what was under way when the service was closed', async () => {
    const home = temporaryFolder();
    const ledger = await ledgerIn(home);
    const change = ledger.change(async ({ own, write }) => {
      ledger.close();
      await write([...own, record(5000, ledger.owner('runtime'))]);
    });
    await expect(change).rejects.toMatchObject({ name: 'AbortError' });
    expect(readdirSync(home)).toEqual(['ledger.lock']);
  });

  test('are there again for others by its next change where somebody removed the folder', async () => {
    const home = temporaryFolder();
    const ledger = await ledgerIn(home);
    await ledger.change(({ write }) => write([record(5000, ledger.owner('runtime'))]));
    rmSync(join(home, 'runtime'), { recursive: true });
    await ledger.change(({ own, write }) => write([...own, record(5001, ledger.owner('runtime'))]));
    expect(startPorts((await runChild({ home }, 'read')) as never)).toEqual([5000, 5001]);
  });

  test('that can no more be read are an error while it lives, and nothing afterwards', async () => {
    const home = temporaryFolder();
    const worker = await startChild({ home }, 'add', 'runtime', '5000', '1');
    expect(await worker.next()).toBe('added');
    const file = join(home, 'runtime', filesIn(home)[0]!);
    writeFileSync(file, '{');
    const ledger = await ledgerIn(home);
    await expect(ledger.read()).rejects.toMatchObject({ errorName: 'LedgerCorrupt', facts: { target: file } });
    worker.process.kill('SIGKILL');
    await worker.ended;
    expect(await ledger.change(async ({ own }) => own)).toEqual([]);
    expect(filesIn(home)).toEqual([]);
  });
});

/** The owner that another live process is, as version 0.1 recorded it. */
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
  'a process that ended': [async () => ({ user: 'x', processId: await deadProcess() }), 'dropped'],
};

describe.each(Object.keys(owners))('the runtime record of version 0.1, of %s', (kind) => {
  const [makeOwner, fate] = owners[kind]!;

  test(`is ${fate} by reading, which leaves the file alone, and by the next write of the file`, async () => {
    const ledger = await ledgerIn(temporaryFolder());
    const theirs = record(5000, await makeOwner());
    const text = JSON.stringify({ version: 1, reservations: [theirs, record(6000, { user: 'x' })] });
    writeFileSync(ledger.file, text);

    const expected = fate === 'kept' ? [5000, 6000] : [6000];
    expect(startPorts(await ledger.read()).sort()).toEqual(expected);
    expect(readFileSync(ledger.file, 'utf8')).toBe(text);
    await ledger.change(({ own, write }) => write([...own, record(7000, ledger.owner('persistent'))]));
    expect(inFile(ledger.file).sort()).toEqual([...expected, 7000]);
  });
});

test('a runtime record of version 0.1 without a process cannot be judged, and is kept', async () => {
  const records = [record(5000, { user: 'x' }, { lifetime: 'runtime' })];
  expect(await liveLegacyRecords(records, lookHere)).toEqual(records);
});

test('each process of version 0.1 is looked at once', async () => {
  const looked: number[] = [];
  const records = [7, 8, 7, 8, 7].map((processId, index) => record(5000 + index, { user: 'x', processId }));
  const look = async (processId: number) => {
    looked.push(processId);
    return { alive: processId === 7 };
  };
  expect(startPorts(await liveLegacyRecords(records, look))).toEqual([5000, 5002, 5004]);
  expect(looked).toEqual([7, 8]);
});

test('persistent records outlive every process', async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, 'runtime'));
  expect(await runChild({ home }, 'add', 'persistent', '5000', '2')).toBe('added');
  expect(startPorts(await (await ledgerIn(home)).read())).toEqual([5000, 5001]);
});
