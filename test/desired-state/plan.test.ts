import { expect, test } from 'vitest';
import { itemsOf } from '../../src/desired-state/items.ts';
import { changesOf, planOf } from '../../src/desired-state/plan.ts';
import type { PortExclusion, Reservation } from '../../src/protocol/generated/contract.ts';

const at = (startPort: number, numberOfPorts = 1) =>
  ({ protocol: 'tcp', range: { startPort, numberOfPorts } }) as const;

const reservation: Reservation = {
  ...at(5000, 5),
  lifetime: 'persistent',
  enforcement: 'kernel',
  provider: 'windows',
  document: 'shop',
};

const exclusion: PortExclusion = {
  ...at(5004),
  store: 'persistent',
  source: 'netsh',
  administered: true,
  own: true,
  document: 'shop',
};

const plan = (startPort: number, numberOfPorts: number, prune: boolean) => {
  const reservations = [{ protocol: 'tcp' as const, startPort, numberOfPorts }];
  const present = { reservations: [reservation], exclusions: [exclusion], warnings: [] };
  const items = itemsOf({ name: 'shop', reservations });
  return changesOf(planOf({ items, document: 'shop', prune }, present, 'kernel')).map(
    ({ action, kind }) => `${action} ${kind}`,
  );
};

test("what overlaps an entry that is as it should be is in nobody's way, and is pruned", () => {
  expect(plan(5000, 5, false)).toEqual(['none reservation']);
  expect(plan(5000, 5, true)).toEqual(['release exclusion', 'none reservation']);
});

test('what overlaps an entry that is to be made goes before it', () => {
  expect(plan(5002, 9, false)).toEqual(['release reservation', 'release exclusion', 'create reservation']);
});
