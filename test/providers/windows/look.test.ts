import { expect, test } from 'vitest';
import { Look } from '../../../src/providers/windows/look.ts';

test('what fails is told in the order in which it was asked for, not in which it failed', async () => {
  const look = new Look();
  const late = Promise.resolve().then(() => Promise.reject(new Error('late')));
  const found = await Promise.all([
    look.at('The first', late, 1),
    look.at('The second', Promise.resolve(2), 0),
    look.at('The third', Promise.reject(new Error('early')), 3),
  ]);
  expect(found).toEqual([1, 2, 3]);
  expect(look.warnings).toEqual(['The first could not be looked at. late', 'The third could not be looked at. early']);
});
