import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { thisHost } from '../../src/host.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { hostWith, ledgerIn, temporaryFolder } from './support/homes.ts';
import { exclusionRecord, record, startPorts } from './support/records.ts';

test('a ledger without a file is empty, and reading makes none', async () => {
  const home = join(temporaryFolder(), 'home');
  const ledger = await ledgerIn(home);
  expect(await ledger.read()).toEqual([]);
  expect(readdirSync(join(home, '..'))).toEqual([]);
});

test('what is written is read, by this ledger and another one', async () => {
  const home = temporaryFolder();
  const ledger = await ledgerIn(home);
  const records = [
    record(5001, ledger.owner('persistent'), { protocol: 'udp', name: 'game', reason: 'ü 🎲' }),
    record(5000, ledger.owner('runtime'), { token: '18446744073709551615' }),
  ];
  expect(await ledger.change(async ({ write }) => write(records).then(() => 'result'))).toBe('result');
  expect(await ledger.read()).toEqual(records);
  expect(await (await ledgerIn(home)).read()).toEqual(records);
  expect(JSON.parse(readFileSync(ledger.file, 'utf8'))).toEqual({ version: 1, reservations: [records[0]] });
  expect(readdirSync(home).sort()).toEqual(['ledger.json', 'ledger.lock', 'runtime']);
});

test('a change is given what is there, and may write more than once', async () => {
  const ledger = await ledgerIn(temporaryFolder());
  const [first, second] = [5000, 5001].map((port) => record(port, ledger.owner('persistent')));
  await ledger.change(({ write }) => write([first!]));
  await ledger.change(async ({ own, system, write }) => {
    expect([own, system]).toEqual([[first], []]);
    await write([first!, second!]);
    await write([second!]);
  });
  expect(await ledger.read()).toEqual([second]);
});

test('reservations and exclusions are kept in one file, and a change of the one leaves the other', async () => {
  const home = temporaryFolder();
  const ledger = await ledgerIn(home);
  const reservation = record(5000, ledger.owner('persistent'));
  const exclusions = [exclusionRecord(6000, ledger.owner('persistent'), { name: 'web', document: 'dev' })];
  await ledger.change(async ({ write, writeExclusions }) => {
    await writeExclusions(exclusions);
    await write([reservation]);
  });
  const content = { version: 1, reservations: [reservation], exclusions };
  expect(JSON.parse(readFileSync(ledger.file, 'utf8'))).toEqual(content);
  const other = await ledgerIn(home);
  expect(await other.readAll()).toEqual({ reservations: [reservation], exclusions });
  await other.change(async (change) => {
    expect(change.exclusions).toEqual({ own: exclusions, system: [] });
    await change.write([]);
  });
  expect((await ledger.readAll()).exclusions).toEqual(exclusions);
  await ledger.change(({ writeExclusions }) => writeExclusions([]));
  expect(JSON.parse(readFileSync(ledger.file, 'utf8'))).toEqual({ version: 1, reservations: [] });
});

test('what a change wrote stands when it then fails, and the lock is free', async () => {
  const ledger = await ledgerIn(temporaryFolder());
  const written = record(5000, ledger.owner('persistent'));
  const failing = ledger.change(async ({ write }) => {
    await write([written]);
    throw new Error('afterwards');
  });
  await expect(failing).rejects.toThrow('afterwards');
  expect(await ledger.change(async ({ own }) => own)).toEqual([written]);
});

test('records that could not be read again are not written', async () => {
  const ledger = await ledgerIn(temporaryFolder());
  const wrong = record(0, ledger.owner('persistent'));
  await expect(ledger.change(({ write }) => write([wrong]))).rejects.toThrow('startPort must be >= 1');
  expect(await ledger.read()).toEqual([]);
});

test('a runtime owner names the process, a persistent one the user alone', async () => {
  const { user, processId } = thisHost();
  const ledger = await ledgerIn(temporaryFolder());
  const started = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
  expect(ledger.owner('runtime')).toEqual({ user, processId, processStartTime: started, host: hostname() });
  expect(ledger.owner('persistent')).toEqual({ user });
});

/** The ledger of a user who is not root, beside the system's. */
const userLedger = (system: string, own: string) =>
  openLedger(hostWith({}), { folders: { own: { path: own, shared: false }, system: { path: system, shared: true } } });

test("reads merge the system's records and the user's own; changes write the user's", async () => {
  const folder = temporaryFolder();
  const systemHome = join(folder, 'system');
  const system = await ledgerIn(systemHome);
  await system.change(({ write }) => write([record(5000, system.owner('persistent'))]));
  const systemText = readFileSync(system.file);

  const user = await userLedger(systemHome, join(folder, 'user'));
  expect(startPorts(await user.read())).toEqual([5000]);
  await user.change(async ({ own, system, write }) => {
    expect([startPorts(own), startPorts(system)]).toEqual([[], [5000]]);
    await write([record(6000, user.owner('runtime'))]);
  });
  expect(startPorts(await user.read())).toEqual([5000, 6000]);
  expect(startPorts(await system.read())).toEqual([5000]);
  expect(readFileSync(system.file)).toEqual(systemText);
});

test("a corrupt system's ledger stops the user too, and is named", async () => {
  const folder = temporaryFolder();
  const [system, own] = [join(folder, 'system'), join(folder, 'user')];
  mkdirSync(system);
  writeFileSync(join(system, 'ledger.json'), '{');
  const user = await userLedger(system, own);
  const error = { errorName: 'LedgerCorrupt', facts: { target: join(system, 'ledger.json') } };
  await expect(user.read()).rejects.toMatchObject(error);
  await expect(user.change(async () => {})).rejects.toMatchObject(error);
});

test('with PORT_RESERVATION_HOME only that ledger is read', async () => {
  const folder = temporaryFolder();
  const home = join(folder, 'chosen');
  const ledger = await openLedger(hostWith({ PORT_RESERVATION_HOME: home, XDG_STATE_HOME: folder, HOME: folder }));
  expect(ledger.file).toBe(join(home, 'ledger.json'));
  await ledger.change(async ({ system }) => expect(system).toEqual([]));
});
