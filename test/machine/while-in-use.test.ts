import { expect, test } from 'vitest';
import { whileInUse } from '../../src/machine/while-in-use.ts';

/** Fails so many times with this code, then succeeds. */
function failing(times: number, code: string) {
  let calls = 0;
  const action = () => {
    if (calls++ < times) throw Object.assign(new Error('in use'), { code });
    return 'done';
  };
  return { action, calls: () => calls };
}

test.each(['EACCES', 'EBUSY', 'EPERM'])('on Windows %s is tried again', async (code) => {
  expect(await whileInUse(false, failing(3, code).action)).toBe('done');
});

test('on Windows it gives up after a second with the error', async () => {
  const { action, calls } = failing(Number.POSITIVE_INFINITY, 'EPERM');
  await expect(whileInUse(false, action)).rejects.toMatchObject({ code: 'EPERM' });
  expect(calls()).toBe(50);
});

test.each([
  ['on Windows', false, 'ENOENT'],
  ['elsewhere', true, 'EPERM'],
])('%s (posix: %s) %s is final', async (_, posix, code) => {
  const { action, calls } = failing(1, code);
  await expect(whileInUse(posix, action)).rejects.toMatchObject({ code });
  expect(calls()).toBe(1);
});
