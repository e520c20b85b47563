import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { FileWatch } from '../../src/ledger/file-watch.ts';
import { temporaryFolder } from './support/homes.ts';

test('where the system refuses to watch, a look is taken every ten seconds until it does', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const loop = join(temporaryFolder(), 'loop');
  symlinkSync(loop, loop);
  const file = join(loop, 'folder', 'ledger.json');
  const troubles: unknown[] = [];
  let looks = 0;
  let notice = () => {};
  const onChange = () => {
    looks++;
    notice();
  };
  const watch = new FileWatch(file, { onChange, onTrouble: (error) => troubles.push(error) });
  onTestFinished(() => watch.close());
  expect(troubles).toMatchObject([{ code: 'ELOOP' }]);

  vi.advanceTimersByTime(20_000);
  expect({ looks, troubles: troubles.length }).toEqual({ looks: 2, troubles: 1 });
  rmSync(loop);
  mkdirSync(dirname(file), { recursive: true });
  vi.advanceTimersByTime(10_000);
  expect(looks).toBe(3);
  const seen = new Promise<void>((resolve) => {
    notice = resolve;
  });
  writeFileSync(file, '');
  await seen;

  watch.close();
  expect(vi.getTimerCount()).toBe(0);
});
