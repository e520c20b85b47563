import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newAddress, removeAddress } from '../../src/demand/address.ts';
import { nobody } from '../kernel/held/support/python.ts';

const userId = process.geteuid?.();

/** A folder for the session in which somebody was before. */
function place(before: (own: string) => void, below = '') {
  const folder = join(mkdtempSync(join(tmpdir(), 'port-reservation-')), below);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(folder, { recursive: true });
  const own = join(folder, `port-reservation-${userId}`);
  before(own);
  const address = newAddress({ platform: 'linux', env: { XDG_RUNTIME_DIR: folder }, processId: process.pid, userId });
  onTestFinished(() => removeAddress(address));
  return { own, address };
}

describe.skipIf(process.platform === 'win32')('where an address is (skipped on Windows)', () => {
  test('it is in a folder of this user that nobody else may enter', () => {
    const { own, address } = place(() => {});
    expect(dirname(address)).toBe(own);
    expect(statSync(own).mode & 0o777).toBe(0o700);
  });

  const spoilt: [string, (own: string) => void][] = [
    ['others may enter', (own) => mkdirSync(own) ?? chmodSync(own, 0o755)],
    ['is a link', (own) => symlinkSync('/tmp', own)],
    ['lies where everybody may replace it', (own) => chmodSync(dirname(own), 0o777)],
  ];
  if (userId === 0)
    spoilt.push(['belongs to another', (own) => mkdirSync(own, 0o700) ?? chownSync(own, nobody, nobody)]);

  test.each(spoilt)('a folder that %s is not used', (_, before) => {
    const { own, address } = place(before);
    expect(dirname(address)).not.toBe(own);
    expect(statSync(dirname(address))).toMatchObject({ uid: userId });
    expect(statSync(dirname(address)).mode & 0o077).toBe(0);
  });

  test('a path that is too long for a socket is not used', () => {
    const { own, address } = place(() => {}, 'x'.repeat(90));
    expect(dirname(address)).not.toBe(own);
    expect(Buffer.byteLength(address)).toBeLessThan(104);
  });
});
