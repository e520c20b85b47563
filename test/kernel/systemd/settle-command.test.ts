import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { thisHost } from '../../../src/host.ts';
import { settleKernel, switchGateOff } from '../../../src/settle-kernel.ts';
import { refusal } from '../../support/machine.ts';

const program = join(import.meta.dirname, '../../../dist/PortReservation/worker/portreservation.mjs');
const noLinux = process.platform === 'linux' ? '' : ' (skipped: needs Linux)';

function settle(...words: string[]) {
  const home = mkdtempSync(join(tmpdir(), 'settle-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const env = { ...process.env, PORT_RESERVATION_HOME: home };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'settle', ...words], {
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr };
}

// What settling does is in boot.test.ts, on a machine of its own; here nothing of this one changes.
test.skipIf(noLinux)(`settle has nothing to do where nothing is for the kernel${noLinux}`, () => {
  expect(settle()).toEqual({ status: 0, stdout: 'No reservation is for the kernel to enforce.\n', stderr: '' });
  const { stdout } = settle('--json');
  expect(JSON.parse(stdout)).toMatchObject({ reservations: 0, gate: { inForce: false } });
});

test('settle says which words are wrong', () => {
  const { status, stderr } = settle('--off', '--attach', 'web.service');
  expect([status, stderr]).toEqual([64, expect.stringContaining('--off and --attach do not go together.')]);
});

test.each(['win32', 'darwin'] as const)('settle is refused on %s', async (platform) => {
  const host = { ...thisHost(), platform };
  for (const work of [() => settleKernel(host), () => switchGateOff(host)]) {
    expect((await refusal(work())).errorName).toBe('NotSupported');
  }
});
