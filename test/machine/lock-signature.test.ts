import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { sign, signatureIn, signatureOf } from '../../src/machine/lock-signature.ts';
import { temporaryFolder } from '../ledger/support/homes.ts';

function openLock(): { file: string; descriptor: number } {
  const file = join(temporaryFolder(), 'lock');
  const descriptor = openSync(file, 'w+');
  onTestFinished(() => closeSync(descriptor));
  return { file, descriptor };
}

test('each signature differs from all before, and the last one is there', () => {
  const { file, descriptor } = openLock();
  const signatures = [1, 100_000, 1].map((processId) => sign(descriptor, processId));
  expect(new Set(signatures).size).toBe(3);
  expect(signatureOf(descriptor)).toBe(signatures[2]);
  expect(signatureIn(file)).toBe(signatures[2]);
});

test('two processes of one number, as two containers have them, sign differently', async () => {
  const { descriptor } = openLock();
  vi.resetModules();
  const first = await import('../../src/machine/lock-signature.ts');
  vi.resetModules();
  const second = await import('../../src/machine/lock-signature.ts');
  expect(first.sign(descriptor, 7)).not.toBe(second.sign(descriptor, 7));
});

test('a lock that nobody has signed has no signature', () => {
  const { file, descriptor } = openLock();
  expect([signatureOf(descriptor), signatureIn(file)]).toEqual([undefined, '']);
  sign(descriptor, 1);
  ftruncateSync(descriptor, 0);
  expect(signatureOf(descriptor)).toBeUndefined();
  expect(signatureIn(join(file, 'none'))).toBe('');
});
