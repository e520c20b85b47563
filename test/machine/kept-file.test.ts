import { renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type Found, KeptFile } from '../../src/machine/kept-file.ts';
import { KeptWhile } from '../../src/machine/kept-while.ts';
import { temporaryFolder } from '../ledger/support/homes.ts';

const text = (found: Found) => (found.kind === 'bytes' ? Buffer.from(found.bytes).toString() : found.kind);

test('a file that is replaced within one step of the clock is read again', () => {
  const path = join(temporaryFolder(), 'file');
  const file = new KeptFile(path, 1000, text);
  for (let time = 1000; time < 1300; time++) {
    // The second gets the number that the one read last had, which is free by then.
    for (const content of ['once', `${time}`]) {
      writeFileSync(`${path}.new`, content);
      renameSync(`${path}.new`, path);
    }
    expect(file.read()).toBe(`${time}`);
  }
});

test('a file that stays the same is read once, whatever others read', async () => {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, 'same');
  let parsed = 0;
  const file = new KeptFile(path, 1000, (found) => {
    parsed++;
    return text(found);
  });
  // It is kept from when it is old enough to be told from its successors.
  await vi.waitUntil(() => {
    const before = parsed;
    file.read();
    return parsed === before;
  });
  const before = parsed;
  for (let time = 0; time < 100; time++) expect(file.read()).toBe('same');
  expect(parsed).toBe(before);
  utimesSync(path, 1, 1);
  file.read();
  expect(parsed).toBe(before + 1);
});

test('what is no file, or too large, is said', () => {
  const folder = temporaryFolder();
  const [path, large] = [join(folder, 'file'), join(folder, 'large')];
  const file = new KeptFile(path, 3, text);
  expect(file.read()).toBe('none');
  writeFileSync(large, 'four');
  expect(new KeptFile(large, 3, text).read()).toBe('large');
  expect(new KeptFile(folder, 3, text).read()).toBe('other');
  symlinkSync(large, path);
  expect(() => file.read()).toThrow(expect.objectContaining({ code: 'ELOOP' }));
});

test('what is read from a folder and its files is read again when one of them changes, comes or goes', () => {
  const folder = temporaryFolder();
  const paths = [folder, ...['a', 'b'].map((name) => join(folder, name))];
  let read = 0;
  const kept = new KeptWhile<number>();
  const value = () => kept.read(() => ({ value: ++read, from: paths }));
  for (const change of [
    () => writeFileSync(paths[1]!, '1'),
    () => writeFileSync(paths[1]!, '2'),
    () => writeFileSync(paths[2]!, ''),
    () => rmSync(paths[1]!),
  ]) {
    const before = value();
    change();
    expect(value()).toBeGreaterThan(before);
  }
});
