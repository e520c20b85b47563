import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';

const folder = join(import.meta.dirname, '../../schemas');

function patternsIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, item] of Object.entries(value)) {
    if (key === 'pattern' && typeof item === 'string') found.add(item);
    else patternsIn(item, found);
  }
  return found;
}

const schemas = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
const patterns = [...patternsIn(schemas)];

/** What ECMA without flags, Python, Java, RE2 and Rust have in common, as far as it is used. */
const shared =
  /^(?:[\^$|]|\(\?:|\)|[?*+]|\{\d+(?:,\d*)?\}|\\x[0-7][0-9a-f]|\\x[89][0-9a-f]|\\[.\\/()[\]{}*+?^$|-]|[ -#%-'/0-9:-@A-Z_`a-z~,-]|\[\^?(?:\\x[0-9a-f]{2}|\\[\\\]^-]|[^\\\]\u0080-\uffff])+\])*$/;

const texts = [
  'web',
  'grün 試験 🚢',
  'a[1-*2]?`',
  'a\u0000b',
  'a\u007f',
  'a\u0085b',
  '',
  '1',
  '0',
  '18446744073709551615',
];
texts.push('18446744073709551616', '007', '1.5', 'ffff', 'con', 'a\u00a0b', 'a\u2028b', '99999999999999999999');

const verdicts = (matches: (pattern: string, text: string) => boolean) =>
  patterns.map((pattern) => texts.map((text) => matches(pattern, text)));

test('there are patterns to look at', () => {
  expect(patterns.length).toBeGreaterThan(1);
});

test.each(patterns)('%s has only what every engine knows', (pattern) => {
  expect(pattern).toMatch(shared);
});

describe('every engine says the same of the same texts', () => {
  const expected = verdicts((pattern, text) => new RegExp(pattern).test(text));

  test('ECMA with the u flag', () => {
    expect(verdicts((pattern, text) => new RegExp(pattern, 'u').test(text))).toEqual(expected);
  });

  test('RE2, as in Go', () => {
    expect(verdicts((pattern, text) => RE2JS.compile(pattern).matcher(text).find())).toEqual(expected);
  });

  test('Python', () => {
    const program =
      'import json, re, sys\npatterns, texts = json.load(sys.stdin)\n' +
      'json.dump([[bool(re.search(p, t)) for t in texts] for p in patterns], sys.stdout)';
    const input = JSON.stringify([patterns, texts]);
    expect(JSON.parse(execFileSync('python3', ['-c', program], { input, encoding: 'utf8' }))).toEqual(expected);
  });
});
