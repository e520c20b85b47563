import { expect, test } from 'vitest';
import { changeOf, RuntimeLines, textOf } from '../../src/ledger/runtime-text.ts';
import type { LedgerRecord } from '../../src/protocol/generated/contract.ts';
import { record } from './support/records.ts';

const place = { host: 'here' };
const [one, two, three] = [5000, 5001, 5002].map((port) => record(port, { user: 'x', processId: 1 })) as [
  LedgerRecord,
  LedgerRecord,
  LedgerRecord,
];

/** Reads texts as one file, one after the other; and how many records were made of what was read. */
function reader() {
  let made = 0;
  const lines = new RuntimeLines('the file', (item) => {
    made++;
    return item.range.startPort;
  });
  const read = (text: string) => lines.contentOf({ kind: 'bytes', bytes: new TextEncoder().encode(text) })?.records;
  return { lines, read, made: () => made };
}

const file = (records: LedgerRecord[]) => textOf('the file', place, records);
const change = (before: LedgerRecord[], now: LedgerRecord[]) => changeOf('the file', before, now);

test('of a file that has grown the new lines alone are read', () => {
  const { read, made } = reader();
  let text = file([one]);
  expect(read(text)).toEqual([5000]);
  text += change([one], [one, two]);
  expect(read(text)).toEqual([5000, 5001]);
  text += change([one, two], [two, three]);
  expect(read(text)).toEqual([5001, 5002]);
  expect(made()).toBe(3);
  expect(read(text)).toEqual([5001, 5002]);
  expect(made()).toBe(3);
});

test('another file in its place is read anew, though it is longer', () => {
  const { read } = reader();
  read(file([one]));
  expect(read(file([two, three]) + change([two, three], [three]))).toEqual([5002]);
  expect(read(file([one]))).toEqual([5000]);
});

test('what has been no line yet is none until it has ended, the first of the file apart', () => {
  const { read } = reader();
  expect(read(file([one]).trimEnd())).toEqual([5000]);
  const more = change([one], [one, two]);
  expect(read(file([one]) + more.slice(0, -1))).toEqual([5000]);
  expect(read(file([one]) + more)).toEqual([5000, 5001]);
});

test('what could not be read is read from the beginning when it can be', () => {
  const { lines, read } = reader();
  const text = file([one]) + change([one], [one, two]);
  read(file([one]));
  expect(() => read(`${text}no JSON\n`)).toThrow('not JSON');
  expect(read(file([one]))).toEqual([5000]);
  expect(() => read(`${text}no JSON\n`)).toThrow('not JSON');
  expect(read(text + change([one, two], [two]))).toEqual([5001]);
  expect(lines.contentOf({ kind: 'none' })).toBeUndefined();
  expect(read(text)).toEqual([5000, 5001]);
});

test('it says where the ports are held', () => {
  const bytes = new TextEncoder().encode(file([one]));
  expect(reader().lines.contentOf({ kind: 'bytes', bytes })?.place).toEqual(place);
});
