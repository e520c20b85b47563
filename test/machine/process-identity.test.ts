import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { identityFromPs, processIdentity, startTicks } from '../../src/machine/process-identity.ts';
import { temporaryFolder } from '../ledger/support/homes.ts';
import { mountsMissing, withMount } from '../ledger/support/mounts.ts';
import { deadProcess, sleeper, zombie } from '../ledger/support/processes.ts';
import { runChild } from '../ledger/support/run-child.ts';

const linux = process.platform === 'linux';
const gone = { alive: false };

const rest = '1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 424242 9 10';

test.each([
  ['sleep', 'S', '424242'],
  ['a b', 'R', '424242'],
  ['a) Z 1 (b', 'S', '424242'],
  ['))) ', 'D', '424242'],
  ['new\nline) S 1', 'S', '424242'],
  ['sleep', 'Z', undefined],
  ['a) S 1', 'X', undefined],
])('the start time of a process called %j in state %s is %s', (name, state, ticks) => {
  expect(startTicks(`12 (${name}) ${state} ${rest}`)).toBe(ticks);
});

describe.runIf(linux)(`on Linux${linux ? '' : ' (skipped: another system)'}`, () => {
  const bootId = linux ? readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim() : '';

  test('a process has a start time of this boot, the same each time', async () => {
    const self = await processIdentity(process.pid, 'linux');
    expect(self).toEqual({ alive: true, startTime: expect.stringMatching(`^\\d+@${bootId}$`) });
    expect(await processIdentity(process.pid, 'linux')).toEqual(self);
    expect(await processIdentity(process.ppid, 'linux')).not.toEqual(self);
  });

  test('a process with a treacherous name is read right', async () => {
    const program = join(temporaryFolder(), 'a) Z 1 (b');
    copyFileSync('/bin/sleep', program);
    const { pid } = sleeper(program);
    const { alive, startTime } = await processIdentity(pid, 'linux');
    expect(alive).toBe(true);
    expect(Number.parseInt(startTime!, 10)).toBeGreaterThan(1000);
  });

  test('a zombie is not alive', async () => {
    expect(await processIdentity(await zombie(), 'linux')).toEqual(gone);
  });

  const reason = mountsMissing ? ` (skipped: ${mountsMissing})` : '';
  test.runIf(!mountsMissing)(`a process that /proc hides is alive, one that is gone is not${reason}`, async () => {
    const options = {
      home: temporaryFolder(),
      userId: 65534,
      under: withMount('mount -t proc -o hidepid=2 proc /proc'),
    };
    expect(await runChild(options, 'look', `${process.pid}`)).toEqual({ alive: true });
    expect(await runChild(options, 'look', `${await deadProcess()}`)).toEqual(gone);
  });
});

test.each(['linux', 'darwin'] as const)(
  'as on %s: a process that ended is gone, and so is an impossible one',
  async (platform) => {
    for (const processId of [await deadProcess(), 2 ** 31, 2 ** 32 + process.pid, Number.MAX_SAFE_INTEGER]) {
      expect(await processIdentity(processId, platform), `${processId}`).toEqual(gone);
    }
  },
);

describe('from ps, as on macOS and the BSDs', () => {
  test("a process has a start time that does not depend on the reader's time zone", async () => {
    const before = process.env.TZ;
    onTestFinished(() => {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    });
    process.env.TZ = 'Asia/Tokyo';
    const inTokyo = await identityFromPs(process.pid);
    process.env.TZ = 'America/New_York';
    expect(await identityFromPs(process.pid)).toEqual(inTokyo);
    expect(inTokyo).toEqual({
      alive: true,
      startTime: expect.stringMatching(/^[A-Z]\w\w [A-Z]\w\w \d+ [\d:]+ \d{4}$/),
    });
  });

  test('a zombie is not alive', async () => {
    expect(await identityFromPs(await zombie())).toEqual(gone);
  });
});
