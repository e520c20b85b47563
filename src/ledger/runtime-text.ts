import type { Found } from '../machine/kept-file.ts';
import type { LedgerRecord, RuntimeChange, RuntimeFile } from '../protocol/generated/contract.ts';
import {
  RuntimeChange as isRuntimeChange,
  RuntimeFile as isRuntimeFile,
} from '../protocol/generated/validators/records.js';
import { keyOf } from '../protocol/ranges.ts';
import { faultOf, jsonIn, unreadable, valueIn } from './durable-records.ts';
import type { Place } from './place.ts';
import { withoutSecret } from './secret-tokens.ts';

const lineFeed = 0x0a;

/** The text of a service's file: one line. */
export function textOf(path: string, place: Place, records: readonly LedgerRecord[]): string {
  const content: RuntimeFile = { version: 1, ...place, reservations: records.map(withoutSecret) };
  if (!isRuntimeFile(content)) throw wouldBeUnreadable(path, faultOf(isRuntimeFile));
  return `${JSON.stringify(content)}\n`;
}

/** The line that makes the records of before those of now. */
export function changeOf(path: string, before: readonly LedgerRecord[], now: readonly LedgerRecord[]): string {
  const [was, is] = [new Set(before), new Set(now)];
  const gone = before.filter((item) => !is.has(item)).map(({ protocol, range }) => ({ protocol, range }));
  const content: RuntimeChange = { gone, added: now.filter((item) => !was.has(item)).map(withoutSecret) };
  if (!isRuntimeChange(content)) throw wouldBeUnreadable(path, faultOf(isRuntimeChange));
  return `${JSON.stringify(content)}\n`;
}

const wouldBeUnreadable = (path: string, fault: string) =>
  new Error(`These records would make ${path} unreadable: ${fault}`);

/**
 * What the lines of a service's file come to; undefined where there is none. A further line that has not ended is just being
 * written, or its writer was killed.
 * @throws ServiceError LedgerCorrupt
 */
export function contentIn(path: string, found: Found): RuntimeFile | undefined {
  if (found.kind !== 'bytes') return valueIn(path, found) as undefined;
  const [first, ...further] = linesOf(found.bytes);
  const content: unknown = jsonIn(path, first!);
  if (!isRuntimeFile(content)) throw unreadable(path, faultOf(isRuntimeFile));
  if (further.length === 0) return content;
  const reservations = new Map(content.reservations.map((item) => [keyOf(item), item]));
  for (const line of further) {
    const change: unknown = jsonIn(path, line);
    if (!isRuntimeChange(change)) throw unreadable(path, faultOf(isRuntimeChange));
    for (const item of change.gone) reservations.delete(keyOf(item));
    for (const item of change.added) reservations.set(keyOf(item), item);
  }
  return { ...content, reservations: [...reservations.values()] };
}

/** The first line, ended or not, and further ones that are. */
function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; ; ) {
    const end = bytes.indexOf(lineFeed, start);
    if (end < 0) {
      if (start === 0) lines.push(bytes);
      return lines;
    }
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
}
