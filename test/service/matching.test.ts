import { expect, test } from 'vitest';
import { wildcard } from '../../src/service/matching.ts';

test.each([
  ['web', 'web', true],
  ['web', 'WEB', true],
  ['web', 'web2', false],
  ['web*', 'web2', true],
  ['*', 'anything', true],
  ['w?b', 'wob', true],
  ['w?b', 'wb', false],
  ['web[0-3]', 'web2', true],
  ['web[0-3]', 'web4', false],
  ['web[]]', 'web]', true],
  ['a.b', 'axb', false],
  ['(a+)+$', '(a+)+$', true],
  ['50%*', '50% off', true],
  ['a`*b', 'a*b', true],
  ['a`*b', 'axb', false],
  ['[z-a]', 'z', false],
  ['[', '[', true],
  ['a\\d', 'a5', false],
  ['[^a]', 'b', false],
  ['grüße*', 'GRÜSSE', false],
  ['grüß*', 'Grüße', true],
])('%j matches %j: %s', (pattern, name, expected) => {
  expect(wildcard(pattern)(name)).toBe(expected);
});
