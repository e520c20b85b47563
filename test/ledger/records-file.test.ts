import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { runtimeFolderIn } from '../../src/ledger/runtime-folder.ts';
import type { LedgerRecord } from '../../src/protocol/generated/contract.ts';
import { ledgerIn, temporaryFolder } from './support/homes.ts';
import { mountsMissing, withMount } from './support/mounts.ts';
import { record, startPorts } from './support/records.ts';
import { startChild } from './support/run-child.ts';

type Ledger = Awaited<ReturnType<typeof ledgerIn>>;

let home: string;
let ledger: Ledger;
let reader: Ledger;

beforeEach(async () => {
  home = temporaryFolder();
  [ledger, reader] = [await ledgerIn(home), await ledgerIn(home)];
});

const runtimeFile = (folder = home) => {
  const names = readdirSync(runtimeFolderIn(folder)).filter((name) => name.endsWith('.json'));
  return join(runtimeFolderIn(folder), names[0]!);
};

const portsSeen = async () => startPorts(await reader.read()).sort((a, b) => a - b);

const write = (records: readonly LedgerRecord[]) => ledger.change((change) => change.write(records));
const add = (port: number) =>
  ledger.change((change) => change.write([...change.own, record(port, ledger.owner('runtime'))]));
const free = (port: number) =>
  ledger.change((change) => change.write(change.own.filter(({ range }) => range.startPort !== port)));

test('a change is a line more of the same file, which every reader sees at once', async () => {
  await add(5000);
  const { ino, size } = statSync(runtimeFile());
  const whole = readFileSync(runtimeFile(), 'utf8');
  await add(5001);
  expect(await portsSeen()).toEqual([5000, 5001]);
  await free(5000);
  expect(await portsSeen()).toEqual([5001]);
  await ledger.change(({ own, write: put }) => put(own.map((item) => ({ ...item, name: 'other' }))));
  expect(await reader.read()).toMatchObject([{ range: { startPort: 5001 }, name: 'other' }]);
  const now = statSync(runtimeFile());
  expect(now.ino).toBe(ino);
  expect(now.size).toBeGreaterThan(size);
  const text = readFileSync(runtimeFile(), 'utf8');
  expect(text.startsWith(whole)).toBe(true);
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => Object.keys(JSON.parse(line))),
  ).toEqual([
    expect.arrayContaining(['version', 'reservations']),
    ...Array.from({ length: 3 }, () => ['gone', 'added']),
  ]);
});

test('the file does not grow with the changes, and is gone when nothing is held', async () => {
  await add(5000);
  for (let round = 0; round < 300; round++) {
    await add(6000);
    await free(6000);
  }
  expect(await portsSeen()).toEqual([5000]);
  expect(statSync(runtimeFile()).size).toBeLessThan(32 * 1024);
  const file = runtimeFile();
  await write([]);
  expect(existsSync(file)).toBe(false);
  expect(await portsSeen()).toEqual([]);
  await add(5000);
  expect(await portsSeen()).toEqual([5000]);
});

describe('a line that has not ended', () => {
  test('is not read: its writer is at it, or was killed', async () => {
    await add(5000);
    await add(5001);
    const [, line] = readFileSync(runtimeFile(), 'utf8').split('\n');
    const next = line!.replaceAll('5001', '5002');
    for (const length of [1, next.length - 1, next.length]) {
      const before = readFileSync(runtimeFile());
      appendFileSync(runtimeFile(), next.slice(0, length));
      expect(await portsSeen()).toEqual([5000, 5001]);
      writeFileSync(runtimeFile(), before);
    }
    // In the middle of a character.
    appendFileSync(runtimeFile(), Buffer.from([0x7b, 0xc3]));
    expect(await portsSeen()).toEqual([5000, 5001]);
  });

  test('is nothing that its writer adds to', async () => {
    await add(5000);
    appendFileSync(runtimeFile(), '{"gone":[');
    await add(5001);
    expect(await portsSeen()).toEqual([5000, 5001]);
    expect(readFileSync(runtimeFile(), 'utf8')).not.toContain('{"gone":[{"gone"');
  });
});

test.each<[string, (file: string) => void]>([
  ['emptied', (file) => writeFileSync(file, '')],
  ['removed', (file) => rmSync(file)],
  [
    'replaced by another',
    (file) => {
      rmSync(file);
      writeFileSync(file, '{}\n');
    },
  ],
  [
    'replaced by a folder',
    (file) => {
      rmSync(file);
      mkdirSync(file);
    },
  ],
])('a file that somebody has %s is written as a whole', async (what, change) => {
  await add(5000);
  const file = runtimeFile();
  change(file);
  if (what.endsWith('folder')) {
    await expect(add(5001)).rejects.toMatchObject({ errorName: expect.stringMatching(/OsError|AccessDenied/) });
    rmSync(file, { recursive: true });
  } else {
    await add(5001);
    expect(await portsSeen()).toEqual([5000, 5001]);
  }
  await add(5002);
  expect(await portsSeen()).toContain(5002);
});

test.each([
  ['is not JSON', '{\n', 'not JSON'],
  ['is no change', '{"added":[]}\n', "must have required property 'gone'"],
  ['is a whole file', '{"version":1,"host":"x","reservations":[]}\n', 'must'],
])('a further line that %s makes it corrupt', async (_title, line, why) => {
  await add(5000);
  appendFileSync(runtimeFile(), line);
  await expect(reader.read()).rejects.toMatchObject({
    errorName: 'LedgerCorrupt',
    message: expect.stringContaining(why),
    facts: { target: runtimeFile() },
  });
});

test.runIf(!mountsMissing)(
  `a disk that is full in the middle of a line${mountsMissing ? ` (skipped: ${mountsMissing})` : ''}`,
  async () => {
    const small = join(temporaryFolder(), 'home');
    mkdirSync(small, 0o700);
    const under = withMount(`mount -t tmpfs -o size=32k,mode=700 none '${small}'`);
    const child = await startChild({ home: small, under }, 'add', 'runtime', '5000', '500');
    expect(await child.next()).toMatchObject({ errorName: 'OsError', facts: { osCode: 'ENOSPC' } });
    const seenByChild = join(`/proc/${child.process.pid}/root`, small);
    const ports = startPorts(await (await ledgerIn(seenByChild)).read()).sort((a, b) => a - b);
    expect(ports.length).toBeGreaterThan(10);
    expect(ports).toEqual(ports.map((_, index) => 5000 + index));
    expect(readFileSync(runtimeFile(seenByChild), 'utf8').endsWith('\n')).toBe(true);
    await child.end();
  },
);
