import { describe, expect, test } from 'vitest';
import { walkJson } from '../../src/desired-state/json-walk.ts';

function walked(text: string) {
  const values: [string, number][] = [];
  const doubles: number[] = [];
  const fault = walkJson(text, {
    value: (pointer, offset) => values.push([pointer, offset]),
    twice: (offset) => doubles.push(offset),
  });
  return { values, doubles, fault };
}

test('tells every value with the keys that lead to it and its place', () => {
  expect(walked('{"a": [1, {"b/~": "x"}], "c": null}')).toEqual({
    values: [
      ['', 0],
      ['/a', 1],
      ['/a/0', 7],
      ['/a/1', 10],
      ['/a/1/b~1~0', 11],
      ['/c', 25],
    ],
    doubles: [],
    fault: undefined,
  });
});

test('a key twice is told by what it means', () => {
  expect(walked('{"a":1,"b":{"a":1},"\\u0061":2}').doubles).toEqual([19]);
});

const good = ['0', '-1.5e+3', '[]', ' [ ] ', '{}', '"\\u00e9\\n"', 'true', '[[],{}]', '{"a":{"b":[null,false]}}', '""'];
const bad: [string, number][] = [
  ['', 0],
  [' ', 1],
  ['[', 1],
  ['[1', 2],
  ['[1,]', 3],
  ['{,}', 1],
  ['{"a"}', 4],
  ['{"a":}', 5],
  ['{"a":1,}', 7],
  ['01', 0],
  ['[1 2]', 3],
  ['nul', 0],
  ['"\\x"', 1],
  ['"a\nb"', 2],
  ['"abc', 4],
  ['{"a":"b', 7],
  ['[]]', 2],
  ['{}{}', 2],
  ['[}', 1],
  ['{"a":1]', 6],
  ['+1', 0],
  ['[1.]', 1],
  ['{a:1}', 1],
];

describe('JSON and nothing else is taken', () => {
  test.each(good)('%s', (text) => {
    expect(walked(text).fault).toBeUndefined();
    JSON.parse(text);
  });
  test.each(bad)('%s is wrong at %i', (text, fault) => {
    expect(walked(text).fault).toBe(fault);
    expect(() => JSON.parse(text)).toThrow();
  });
});
