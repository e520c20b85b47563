import { expect, test } from 'vitest';
import { escapeWildcards, plainName, wildcard } from '../../src/protocol/wildcard.ts';

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
  ['web[`]]', 'web]', true],
  ['web[a`-c]', 'webb', false],
  ['web[a`-c]', 'web-', true],
  ['`', '`', true],
  ['**', '', true],
  ['a*b*c', 'aXbYbZc', true],
  ['a*b*c', 'aXbYbZ', false],
  ['*[0-9]?', 'port 80', true],
  ['grüße*', 'GRÜSSE', false],
  ['grüß*', 'Grüße', true],
])('%j matches %j: %s', (pattern, name, expected) => {
  expect(wildcard(pattern)(name)).toBe(expected);
});

test.each([
  ['web', 'web'],
  ['web`*', 'web*'],
  ['web`', 'web`'],
  ['[', '['],
  ['web*', undefined],
  ['w?b', undefined],
  ['[w]eb', undefined],
])('%j is the name %j', (pattern, name) => {
  expect(plainName(pattern)).toBe(name);
});

test.each(['test_api[chrome-1*2]', '``', 'a?b', '[]'])('%j, escaped, is a pattern of itself alone', (name) => {
  const pattern = escapeWildcards(name);
  expect(plainName(pattern)).toBe(name);
  expect(wildcard(pattern)(name)).toBe(true);
});

test('a pattern made of many wildcards takes no more steps than name and pattern have pairs', () => {
  let looks = 0;
  const name = new Proxy(new String('a'.repeat(100)), {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) looks++;
      return Reflect.get(target, key, target);
    },
  }) as unknown as string;
  const pattern = `${'*a'.repeat(99)}*b`;
  expect(wildcard(pattern)(name)).toBe(false);
  expect(looks).toBeLessThan(pattern.length * name.length);
});
