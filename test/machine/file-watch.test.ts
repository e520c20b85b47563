import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { FileWatch } from '../../src/machine/file-watch.ts';
import { temporaryFolder } from '../ledger/support/homes.ts';

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

test.skipIf(process.platform !== 'linux')(
  'a folder above that is out of reach by now is trouble, and no end',
  async () => {
    const base = temporaryFolder();
    const [state, moved] = [join(base, 'state'), join(base, 'moved')];
    mkdirSync(join(state, 'folder'), { recursive: true });
    const trouble = new Promise((resolve) => {
      const watch = new FileWatch(join(state, 'folder', 'ledger.json'), { onChange: () => {}, onTrouble: resolve });
      onTestFinished(() => watch.close());
    });
    renameSync(state, moved);
    symlinkSync(state, state);
    // Told by the folder that is watched, wherever it is.
    utimesSync(join(moved, 'folder'), 0, 0);
    expect(await trouble).toMatchObject({ code: 'ELOOP' });
  },
);
