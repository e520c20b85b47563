import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkParams } from '../../src/protocol/check.ts';
import { InvalidParamsError } from '../../src/protocol/errors.ts';
import type { Methods } from '../../src/protocol/generated/contract.ts';
import { methodParams } from '../../src/protocol/generated/validators/params.js';
import { readContract } from '../../tools/contract.mjs';

function faults(method: keyof Methods, params: unknown) {
  try {
    checkParams(method, params);
  } catch (error) {
    if (error instanceof InvalidParamsError)
      return error.errors.map(({ field, message }) => `${field} ${message}`.trim());
    throw error;
  }
  return [];
}

const create = (params: object) => faults('reservation/create', { protocol: 'tcp', ...params });
const token = (value: unknown) => faults('reservation/release', { token: value });
const tokenWords = ['token must be a string of decimal digits, 1 to 18446744073709551615'];

test('null counts as absent, and what was given stays as it is', () => {
  const given = { protocol: 'tcp', name: null, within: { startPort: 1, numberOfPorts: 5 } };
  expect(checkParams('reservation/create', given)).toEqual({ protocol: 'tcp', within: given.within });
  expect(given).toHaveProperty('name', null);
});

describe('says in words what is allowed', () => {
  test.each<[string, string[], string[]]>([
    ['a missing key', faults('reservation/create', {}), ['protocol is required']],
    ['a missing key below', create({ within: { startPort: 1 } }), ['within.numberOfPorts is required']],
    ['an unknown key', create({ zap: 1 }), ['zap is not a known parameter']],
    [
      'an unknown key below',
      create({ within: { startPort: 1, numberOfPorts: 1, end: 2 } }),
      ['within.end is not a known parameter'],
    ],
    [
      'a key in the wrong case',
      faults('reservation/create', { Protocol: 'tcp' }),
      ['protocol is required', 'Protocol is not a known parameter'],
    ],
    ['__proto__ as a key', create(JSON.parse('{"__proto__":{"startPort":0}}')), ['__proto__ is not a known parameter']],
    [
      'a wrong word',
      faults('reservation/create', { protocol: 'sctp' }),
      ['protocol must be tcp, udp, or a list of one or both'],
    ],
    ['port 0', create({ startPort: 0 }), ['startPort must be 1 to 65535']],
    ['port 65536', create({ startPort: 65536 }), ['startPort must be 1 to 65535']],
    ['half a port', create({ startPort: 1.5 }), ['startPort must be a whole number, 1 to 65535']],
    ['a port as text', create({ startPort: '5000' }), ['startPort must be a whole number, 1 to 65535']],
    ['a required key that is null', create({ protocol: null }), ['protocol is required']],
    ['an unknown key that is null', create({ zap: null }), ['zap is not a known parameter']],
    [
      'an unknown key below that is null',
      create({ within: { startPort: 1, numberOfPorts: 1, 'e/n~d': null } }),
      ['within.e/n~d is not a known parameter'],
    ],
    ['a null in a list', faults('port/inspect', { protocol: 'tcp', ranges: [null] }), ['ranges.0 must be an object']],
    ['an optional key that is null', create({ startPort: null, within: null, name: null, whatIf: null }), []],
    ['no ports', create({ numberOfPorts: 0 }), ['numberOfPorts must be 1 to 65535']],
    [
      'ports below',
      faults('reservation/lookup', { protocol: 'udp', range: { startPort: -1, numberOfPorts: 70000 } }),
      ['range.startPort must be 1 to 65535', 'range.numberOfPorts must be 1 to 65535'],
    ],
    ['a range that is none', create({ within: 5 }), ['within must be an object']],
    ['an empty name', create({ name: '' }), ['name must be 1 to 100 characters']],
    ['a long name', create({ name: 'x'.repeat(101) }), ['name must be 1 to 100 characters']],
    ['two faults of one field', create({ name: '\n'.repeat(101) }), ['name must be 1 to 100 characters']],
    ['a name that is a number', create({ name: 5 }), ['name must be a string, 1 to 100 characters']],
    ['a name with wildcards', create({ name: 'test_api[chrome-1*2]?`' }), []],
    [
      'a name with half of a surrogate pair',
      create({ name: 'a\ud800' }),
      ['name must not contain half of a surrogate pair'],
    ],
    [
      'half of a surrogate pair below',
      faults('initialize', { clientInfo: { name: '\udfff' } }),
      ['clientInfo.name must not contain half of a surrogate pair'],
    ],
    [
      'a name with a control character of eight bits',
      create({ name: 'a\u009b2J' }),
      ['name must not contain control characters'],
    ],
    ['a name of any script', create({ name: 'Grün 試験 🚢 ~\\^_|#' }), []],
    [
      'a reason with half of a surrogate pair',
      create({ reason: 'a\udc00' }),
      ['reason must not contain half of a surrogate pair'],
    ],
    ['a reason with lines and a ship', create({ reason: 'one\ntwo 🚢' }), []],
    [
      'a long client name',
      faults('initialize', { clientInfo: { name: 'x'.repeat(201) } }),
      ['clientInfo.name must be at most 200 characters'],
    ],
    ['protocol version 0', faults('initialize', { protocolVersion: 0 }), ['protocolVersion must be at least 1']],
    [
      'a process id that is text',
      faults('initialize', { processId: '1' }),
      ['processId must be a whole number, 1 to 4294967295'],
    ],
    ['nothing to release', faults('reservation/release', {}), ['needs token, or protocol and range']],
    [
      'half of what is needed',
      faults('reservation/release', { protocol: 'tcp' }),
      ['needs token, or protocol and range'],
    ],
    [
      'a wrong word where a key is missing too',
      faults('reservation/release', { protocol: 'x' }),
      ['protocol must be tcp, udp, or a list of one or both', 'needs token, or protocol and range'],
    ],
    ['params in an array', faults('shutdown', [1]), ['params are given by name, in an object, not in an array']],
    ['token 0', token('0'), tokenWords],
    ['a token of 2^64', token('18446744073709551616'), tokenWords],
    ['a token with a zero before it', token('01'), tokenWords],
    ['a negative token', token('-1'), tokenWords],
    ['a hexadecimal token', token('0x1'), tokenWords],
    ['a token that is a number', token(5), tokenWords],
    ['an empty token', token(''), tokenWords],
  ])('%s', (_title, found, expected) => {
    expect(found.sort()).toEqual(expected.sort());
  });
});

test.each(['1', '18446744073709551615', '9007199254740993', '10000000000000000000'])('token %s is one', (value) => {
  expect(token(value)).toEqual([]);
});

test('a name of 100 letters beyond the first plane is 100 characters', () => {
  expect(create({ name: '🚢'.repeat(100) })).toEqual([]);
});

test('huge values are not repeated and huge names are cut', () => {
  const huge = 'x'.repeat(100_000);
  expect(create({ startPort: huge, [huge]: 1 }).join().length).toBeLessThan(200);
});

test('a thousand wrong keys give a short list', () => {
  const keys = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, 1]));
  expect(create(keys)).toHaveLength(20);
});

test('of any number of wrong items no more are gathered than are told', () => {
  const ranges = Array.from({ length: 20_000 }, () => ({ startPort: 0, numberOfPorts: '1' }));
  expect(faults('port/inspect', { protocol: 'tcp', ranges })).toHaveLength(20);
  expect(methodParams['port/inspect'].errors!.length).toBeLessThan(200);
});

test('every list that a client sends has a most', () => {
  const unbounded = new Set<string>();
  const look = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('type' in value && value.type === 'array' && !('maxItems' in value)) unbounded.add(path);
    const title = '$ref' in value ? String(value.$ref).split('/').at(-1)! : undefined;
    if (title !== undefined) look(contract.definitions[title], title);
    for (const [key, item] of Object.entries(value)) look(item, `${path}/${key}`);
  };
  const contract = readContract('0').schema as { definitions: Record<string, unknown> };
  const titles = readContract('0').methods.map(({ paramsTitle }: { paramsTitle: string }) => paramsTitle);
  for (const title of [...titles, 'DesiredState']) look(contract.definitions[title], title);
  expect([...unbounded]).toEqual([]);
});

test('every pattern of the contract has words of its own', () => {
  const folder = join(import.meta.dirname, '../../schemas');
  const schemas = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
  const titles = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('pattern' in value && 'title' in value) titles.add(String(value.title));
    for (const item of Object.values(value)) collect(item);
  };
  schemas.forEach(collect);
  expect([...titles].sort()).toEqual(['DocumentName', 'Name', 'Token']);
});
