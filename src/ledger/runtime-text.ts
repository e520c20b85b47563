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
 * Reads the file of one service again and again. Lines are only ever added, so of a file that begins with what was read before
 * the rest alone is looked at.
 */
export class RuntimeLines<T> {
  readonly #path: string;
  readonly #recordOf: (record: LedgerRecord, place: Place) => T;
  /** The lines that were read, all of them ended. */
  #read: Buffer | undefined;
  #place: Place | undefined;
  #records = new Map<string, T>();

  /** @param recordOf what a record is made of when it is read */
  constructor(path: string, recordOf: (record: LedgerRecord, place: Place) => T) {
    this.#path = path;
    this.#recordOf = recordOf;
  }

  /**
   * What the lines come to; undefined where there is no file. A further line that has not ended is just being written, or its
   * writer was killed.
   * @throws ServiceError LedgerCorrupt
   */
  contentOf(found: Found): { place: Place; records: T[] } | undefined {
    const read = this.#read;
    this.#read = undefined; // what throws leaves nothing to go on from
    if (found.kind !== 'bytes') return valueIn(this.#path, found) as undefined;
    const bytes = Buffer.from(found.bytes.buffer, found.bytes.byteOffset, found.bytes.length);
    const known = read?.equals(bytes.subarray(0, read.length)) ? read.length : 0;
    let place = known > 0 ? this.#place : undefined;
    const { lines, end } = linesOf(bytes, known);
    for (const line of lines) {
      if (place) this.#change(jsonIn(this.#path, line), place);
      else place = this.#begin(jsonIn(this.#path, line));
    }
    this.#place = place!;
    if (end > 0) this.#read = bytes.subarray(0, end);
    return { place: place!, records: [...this.#records.values()] };
  }

  #begin(content: unknown): Place {
    if (!isRuntimeFile(content)) throw unreadable(this.#path, faultOf(isRuntimeFile));
    const { version: _, reservations, ...place } = content;
    this.#records = new Map(reservations.map((item) => [keyOf(item), this.#recordOf(item, place)]));
    return place;
  }

  #change(change: unknown, place: Place): void {
    if (!isRuntimeChange(change)) throw unreadable(this.#path, faultOf(isRuntimeChange));
    for (const item of change.gone) this.#records.delete(keyOf(item));
    for (const item of change.added) this.#records.set(keyOf(item), this.#recordOf(item, place));
  }
}

/** The lines from there on that have ended, and where the last one does; the first of the file is one in any case. */
function linesOf(bytes: Buffer, from: number): { lines: Buffer[]; end: number } {
  const lines: Buffer[] = [];
  for (let start = from; ; ) {
    const end = bytes.indexOf(lineFeed, start);
    if (end < 0) {
      if (start === 0) lines.push(bytes);
      return { lines, end: start };
    }
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
}
