import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Soon } from '../../src/demand/soon.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** When it is done, of asking at these moments, in milliseconds. */
function doneAt(asked: readonly number[]): number[] {
  const done: number[] = [];
  const began = performance.now();
  const soon = new Soon(() => done.push(performance.now() - began), { quiet: 2, apart: 25, within: 100 });
  for (const moment of asked) setTimeout(() => soon.ask(), moment);
  vi.advanceTimersByTime(1000);
  return done;
}

test.each([
  ['one who asks alone hardly waits', [10], [12]],
  ['those who ask together are one', [10, 11, 12, 13], [15]],
  ['who asks right after waits for the next time', [10, 13], [12, 37]],
  ['who asks later does not', [10, 100], [12, 102]],
])('%s', (_, asked, done) => {
  expect(doneAt(asked)).toEqual(done);
});

test('however many go on asking, it is done now and then', () => {
  expect(doneAt(Array.from({ length: 250 }, (_, index) => index))).toEqual([100, 201, 251]);
});

test('nothing is done after its end', () => {
  const work = vi.fn();
  const soon = new Soon(work, { quiet: 2, apart: 25, within: 100 });
  soon.ask();
  soon.close();
  vi.advanceTimersByTime(1000);
  expect(work).not.toHaveBeenCalled();
});
