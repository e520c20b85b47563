import { chmodSync, chownSync, linkSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { FileLock, LockTaken, untilUntaken } from '../../src/machine/file-lock.ts';
import { temporaryFolder } from '../ledger/support/homes.ts';
import { held } from '../support/held.ts';

const posix = process.platform !== 'win32';
const root = process.geteuid?.() === 0;

const lockOf = (file: string, change: { isPassing?: boolean; patience?: number } = {}) =>
  new FileLock({
    file,
    guards: 'The thing',
    posix,
    processId: process.pid,
    userId: process.geteuid?.(),
    hints: {},
    ...change,
  });

test('a lock that another has is not waited for where that is not wanted', async () => {
  const file = join(temporaryFolder(), 'lock');
  const release = await held((work) => lockOf(file).hold(work));
  const other = lockOf(file);
  await expect(other.holdNow(() => 'in')).rejects.toBeInstanceOf(LockTaken);
  await release();
  expect(await other.holdNow(() => 'in')).toBe('in');
});

test('work that found a lock taken is done again when that is free', async () => {
  const file = join(temporaryFolder(), 'lock');
  const release = await held((work) => lockOf(file).hold(work));
  const other = lockOf(file);
  let attempts = 0;
  const done = untilUntaken(() => {
    attempts++;
    return other.holdNow(() => 'in');
  });
  await release();
  expect(await done).toBe('in');
  expect(attempts).toBeGreaterThan(1);
});

test('the time in which a process that waits was stopped does not count', async () => {
  const file = join(temporaryFolder(), 'lock');
  const release = await held((work) => lockOf(file).hold(work));
  const waiting = lockOf(file, { patience: 10_000 }).hold(() => 'in');
  await new Promise((resolve) => setTimeout(resolve, 20));
  const now = performance.now.bind(performance);
  let looks = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
    looks++;
    return now() + 60_000;
  });
  try {
    await vi.waitUntil(() => looks > 20, { interval: 2 });
    await release();
    expect(await waiting).toBe('in');
  } finally {
    clock.mockRestore();
  }
});

test('waiting for a taken lock ends with the signal', async () => {
  const file = join(temporaryFolder(), 'lock');
  const release = await held((work) => lockOf(file).hold(work));
  const other = lockOf(file);
  const done = untilUntaken(() => other.holdNow(() => 'in'), AbortSignal.timeout(1));
  await expect(done).rejects.toMatchObject({ name: 'TimeoutError' });
  await release();
});

test.runIf(posix)('only its owner can open it, whatever mode it had', async () => {
  const file = join(temporaryFolder(), 'lock');
  writeFileSync(file, '', { mode: 0o666 });
  chmodSync(file, 0o666);
  await lockOf(file).hold(() => expect(statSync(file).mode & 0o777).toBe(0o600));
});

test('a passing lock leaves nothing, and many of them still exclude each other', async () => {
  const folder = temporaryFolder();
  const locks = Array.from({ length: 8 }, () => lockOf(join(folder, 'lock'), { isPassing: true }));
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside--;
  };
  await Promise.all(locks.flatMap((lock) => Array.from({ length: 20 }, () => lock.hold(work))));
  expect([most, readdirSync(folder)]).toEqual([1, []]);
});

const faults: Record<string, [(file: string) => void, RegExp]> = {
  'a hard link to a file of somebody': [
    (file) => {
      writeFileSync(`${file}.victim`, 'precious');
      linkSync(`${file}.victim`, file);
    },
    /another name/,
  ],
  'a folder': [(file) => mkdirSync(file), /EISDIR/],
  'a symbolic link': [(file) => symlinkSync('elsewhere', file), /ELOOP/],
  ...(root && {
    "another user's": [
      (file: string) => {
        writeFileSync(file, '');
        chownSync(file, 65534, 65534);
      },
      /belongs to user 65534/,
    ],
  }),
};

describe.runIf(posix)(`files that others could lock${posix ? '' : ' (skipped: not on Windows)'}`, () => {
  test.each(Object.keys(faults))('%s is refused, and named', async (kind) => {
    const file = join(temporaryFolder(), 'lock');
    const [make, message] = faults[kind]!;
    make(file);
    const error = { message: expect.stringMatching(message), facts: { target: file } };
    await expect(lockOf(file, { patience: 0 }).hold(() => 'in')).rejects.toMatchObject(error);
  });
});
