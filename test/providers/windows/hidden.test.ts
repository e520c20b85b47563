import { expect, test } from 'vitest';
import { extentOf } from '../../../src/providers/windows/hidden.ts';

test.each([
  [40_525, 44_620, 42_000],
  [40_525, 44_620, 40_525],
  [40_525, 44_620, 44_620],
  [1, 65_535, 30_000],
  [65_535, 65_535, 65_535],
  [1, 1, 1],
  [5000, 5001, 5000],
])('a range of %i to %i is found from %i on by few binds', async (first, last, port) => {
  let binds = 0;
  const range = await extentOf(port, async (one) => {
    expect(one).toBeGreaterThanOrEqual(1);
    expect(one).toBeLessThanOrEqual(65_535);
    binds++;
    return one >= first && one <= last;
  });
  expect(range).toEqual({ startPort: first, numberOfPorts: last - first + 1 });
  expect(binds).toBeLessThan(64);
});
