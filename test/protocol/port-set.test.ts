import { expect, test } from 'vitest';
import { PortSet, rangesWithout } from '../../src/protocol/port-set.ts';

test('finds the first and the last taken port of a range', () => {
  const set = PortSet.of([{ startPort: 5000, numberOfPorts: 3 }]);
  set.add(5010);
  expect(set.firstIn({ startPort: 4990, numberOfPorts: 100 })).toBe(5000);
  expect(set.lastIn({ startPort: 4990, numberOfPorts: 100 })).toBe(5010);
  expect(set.firstIn({ startPort: 5003, numberOfPorts: 7 })).toBeUndefined();
  expect(set.lastIn({ startPort: 5003, numberOfPorts: 7 })).toBeUndefined();
});

test('reaches from port 1 to port 65535', () => {
  const set = PortSet.of([{ startPort: 1, numberOfPorts: 65535 }]);
  expect(set.has(0)).toBe(false);
  expect(set.has(1)).toBe(true);
  expect(set.has(65535)).toBe(true);
  expect(set.ranges()).toEqual([{ startPort: 1, numberOfPorts: 65535 }]);
});

test('gives merged, ascending ranges', () => {
  const set = PortSet.of([
    { startPort: 300, numberOfPorts: 2 },
    { startPort: 100, numberOfPorts: 5 },
    { startPort: 105, numberOfPorts: 1 },
    { startPort: 65535, numberOfPorts: 1 },
  ]);
  expect(set.ranges()).toEqual([
    { startPort: 100, numberOfPorts: 6 },
    { startPort: 300, numberOfPorts: 2 },
    { startPort: 65535, numberOfPorts: 1 },
  ]);
});

test('takes in another set', () => {
  const set = PortSet.of([{ startPort: 1, numberOfPorts: 1 }]);
  set.addAll(PortSet.of([{ startPort: 7, numberOfPorts: 2 }]));
  expect(set.ranges()).toEqual([
    { startPort: 1, numberOfPorts: 1 },
    { startPort: 7, numberOfPorts: 2 },
  ]);
});

test('a range without others is what is left of it, in order', () => {
  const others = [
    { startPort: 1, numberOfPorts: 10 },
    { startPort: 14, numberOfPorts: 2 },
    { startPort: 12, numberOfPorts: 1 },
    { startPort: 65_530, numberOfPorts: 6 },
  ];
  expect(rangesWithout({ startPort: 5, numberOfPorts: 20 }, others)).toEqual([
    { startPort: 11, numberOfPorts: 1 },
    { startPort: 13, numberOfPorts: 1 },
    { startPort: 16, numberOfPorts: 9 },
  ]);
  expect(rangesWithout({ startPort: 14, numberOfPorts: 2 }, others)).toEqual([]);
  expect(rangesWithout({ startPort: 100, numberOfPorts: 2 }, others)).toEqual([{ startPort: 100, numberOfPorts: 2 }]);
  expect(rangesWithout({ startPort: 65_528, numberOfPorts: 8 }, others)).toEqual([
    { startPort: 65_528, numberOfPorts: 2 },
  ]);
});
