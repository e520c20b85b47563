import { expect, test } from 'vitest';
import { outermost, shapeOf } from '../../src/protocol/json-shape.ts';

test.each<[string, number, number]>([
  ['7', 0, 0],
  ['[]', 1, 1],
  ['[[1,2],{"a":3}]', 2, 5],
  ['"[[[,,,"', 0, 0],
  ['{"\\"[":"\\\\"}', 1, 1],
  ['"\\u005b[', 0, 0],
  ['}}}[', -2, 1],
])('%s is %i deep and has %i values', (json, depth, values) => {
  expect(shapeOf(Buffer.from(json), 64)).toMatchObject({ depth: Math.max(0, depth), values });
});

test('tells where it gets too deep', () => {
  expect(shapeOf(Buffer.from('[[], [[[]]]]'), 3).tooDeepAt).toBe(7);
  expect(shapeOf(Buffer.from('[[], [[]]]'), 3).tooDeepAt).toBeUndefined();
});

test.each<[string, string | number | undefined]>([
  ['{"id":1}', 1],
  ['{"a":{"id":2},"id" : "x\\"y"}', 'x"y'],
  ['[{"id":3}]', undefined],
  ['{"a":"id","id":-4.5e1}', -45],
  ['{"id":null}', undefined],
  ['{"id":[5]}', undefined],
  ['{"id":"', undefined],
  ['{"id"', undefined],
  ['{"id":0x1}', 0],
])('the outermost id of %s is %j', (json, id) => {
  expect(outermost(Buffer.from(json), 'id')).toBe(id);
});
