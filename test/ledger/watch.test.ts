import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import type { LedgerRecord } from '../../src/protocol/generated/contract.ts';
import { hostWith, ledgerIn, temporaryFolder } from './support/homes.ts';
import { record, startPorts } from './support/records.ts';
import { runChild, startChild } from './support/run-child.ts';

/** What a watch of the ledger tells, to be waited for. */
async function watching(ledger: Ledger) {
  const told: number[][] = [];
  const troubles: unknown[] = [];
  let notice = () => {};
  const watch = await ledger.watch({
    onRecords: (records) => {
      told.push(startPorts(records).sort());
      notice();
    },
    onTrouble: (error) => {
      troubles.push(error);
      notice();
    },
  });
  onTestFinished(() => watch.close());
  const until = async (done: () => boolean) => {
    while (!done()) {
      await new Promise<void>((resolve) => {
        notice = resolve;
      });
    }
  };
  return {
    told,
    troubles,
    watch,
    /** Waits until these are the records. */
    shows: (...ports: number[]) => until(() => String(told.at(-1)) === String(ports)),
    troubled: (count: number) => until(() => troubles.length === count),
  };
}

const addAs = (home: string, lifetime: string, port: number) => runChild({ home }, 'add', lifetime, `${port}`, '1');

test('a change of another process is told, and one of this process', async () => {
  const home = temporaryFolder();
  await addAs(home, 'persistent', 1);
  const ledger = await ledgerIn(home);
  const { told, shows } = await watching(ledger);
  expect(told).toEqual([[1]]);
  await addAs(home, 'persistent', 2);
  await shows(1, 2);
  await ledger.change(({ own, write }) => write([...own, record(3, ledger.owner('persistent'))]));
  await shows(1, 2, 3);
});

test('changes that come while one is being told are told behind it, together', async () => {
  const home = temporaryFolder();
  const ledger = await ledgerIn(home);
  const told: number[][] = [];
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let notice = () => {};
  const last = new Promise<void>((resolve) => {
    notice = resolve;
  });
  const onRecords = async (records: readonly LedgerRecord[]) => {
    told.push(startPorts(records).sort());
    if (told.length === 2) await released;
    if (records.length === 4) notice();
  };
  const watch = await ledger.watch({ onRecords, onTrouble: () => {} });
  onTestFinished(() => watch.close());
  const other = await watching(ledger);
  for (const port of [1, 2, 3, 4]) {
    await addAs(home, 'persistent', port);
    await other.shows(...[1, 2, 3, 4].slice(0, port));
  }
  release();
  await last;
  expect(told).toEqual([[], [1], [1, 2, 3, 4]]);
});

test('a ledger whose folders are not there yet is watched from its first record on', async () => {
  const home = join(temporaryFolder(), 'a', 'b', 'c');
  const { told, shows } = await watching(await ledgerIn(home));
  expect(told).toEqual([[]]);
  await addAs(home, 'persistent', 1);
  await shows(1);
  await addAs(home, 'persistent', 2);
  await shows(1, 2);
});

test.each<[string, (home: string) => void]>([
  ['removed', (home) => rmSync(home, { recursive: true })],
  ['moved away', (home) => renameSync(home, `${home}-elsewhere`)],
])('a ledger whose folder is %s is watched again when there is a new one', async (_title, take) => {
  const home = join(temporaryFolder(), 'home');
  await addAs(home, 'persistent', 1);
  const { shows } = await watching(await ledgerIn(home));
  take(home);
  await shows();
  await addAs(home, 'persistent', 2);
  await shows(2);
  await addAs(home, 'persistent', 3);
  await shows(2, 3);
});

test('the end of an owner that writes nothing is told', async () => {
  const home = temporaryFolder();
  const owners = [];
  for (const port of [1, 2]) {
    const child = await startChild({ home }, 'add', 'runtime', `${port}`, '1');
    await child.next();
    owners.push(child);
  }
  const { told, shows } = await watching(await ledgerIn(home));
  expect(told).toEqual([[1, 2]]);
  owners[0]!.process.kill('SIGKILL');
  await shows(2);
  const third = await startChild({ home }, 'add', 'runtime', '3', '1');
  await shows(2, 3);
  third.process.kill('SIGKILL');
  await shows(2);
});

test("a user's watch tells of the system's ledger too", async () => {
  const [own, system] = [temporaryFolder(), temporaryFolder()];
  const folders = { own: { path: own, shared: false }, system: { path: system, shared: true } };
  const ledger = await openLedger(hostWith({}), { folders });
  const { shows } = await watching(ledger);
  await addAs(system, 'persistent', 1);
  await shows(1);
  await addAs(own, 'persistent', 2);
  await shows(1, 2);
});

test('a ledger that cannot be read is told as trouble, and told again when it is repaired', async () => {
  const home = temporaryFolder();
  await addAs(home, 'persistent', 1);
  const { troubles, troubled, shows } = await watching(await ledgerIn(home));
  const file = join(home, 'ledger.json');
  renameSync(file, `${file}.good`);
  await shows();
  writeFileSync(`${file}.bad`, '{');
  renameSync(`${file}.bad`, file);
  await troubled(1);
  expect(troubles).toMatchObject([{ errorName: 'LedgerCorrupt' }]);
  renameSync(`${file}.good`, file);
  await shows(1);
});

test('a watch that is closed tells nothing more', async () => {
  const home = temporaryFolder();
  const ledger = await ledgerIn(home);
  const [closed, open] = [await watching(ledger), await watching(ledger)];
  closed.watch.close();
  await addAs(home, 'persistent', 1);
  await open.shows(1);
  expect(closed.told).toEqual([[]]);
});
