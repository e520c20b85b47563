import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FoundPorts } from '../../src/machine/found-ports.ts';

const userId = process.geteuid?.();

function place() {
  const folder = mkdtempSync(join(tmpdir(), 'port-reservation-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { platform: process.platform, env: { XDG_RUNTIME_DIR: folder }, userId };
}

const one = (startPort: number, numberOfPorts = 1) => ({ startPort, numberOfPorts });

test.skipIf(process.platform === 'win32')('what one has found nobody finds for two seconds, and then anybody', () => {
  const here = place();
  let now = 100_000_000;
  const clock = () => now;
  const [some, other] = [new FoundPorts(here, clock), new FoundPorts(here, clock)];
  expect(some.note(['tcp'], one(20000))).toBe(true);
  expect(some.note(['tcp'], one(20000))).toBe(false);
  expect(other.note(['tcp'], one(19999, 3))).toBe(false);
  expect(other.note(['udp'], one(20000))).toBe(true);
  now += 2000;
  expect(other.note(['tcp'], one(20000))).toBe(false);
  now += 4000;
  expect(other.note(['tcp'], one(20000))).toBe(true);
  const left = readdirSync(join(here.env.XDG_RUNTIME_DIR, `port-reservation-${userId}`, 'found'));
  expect(left).toEqual([`${now / 2000}-tcp-20000`]);
});

test('where nothing can be noted, it says nothing', () => {
  const nowhere = { platform: 'linux' as const, env: { XDG_RUNTIME_DIR: '/proc' }, userId: 4_000_000_000 };
  const found = new FoundPorts(nowhere);
  expect([found.note(['tcp'], one(20000)), found.note(['tcp'], one(20000))]).toEqual([true, true]);
});
