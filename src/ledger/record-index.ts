import type { LedgerRecord } from '../protocol/generated/contract.ts';
import { foldedName } from '../protocol/wildcard.ts';

/** What is asked of the records, as far as it is given. */
export interface Narrowing {
  /** What begins at this port. */
  startPort?: number;
  /** What has one of these names, upper and lower case alike. */
  names?: readonly string[];
}

interface Index {
  byStart?: Map<number, LedgerRecord[]>;
  byName?: Map<string, LedgerRecord[]>;
}

/** By the list of the records, which is another one when anything of it has changed. */
const indexes = new WeakMap<readonly LedgerRecord[], Index>();

function grouped<K>(records: readonly LedgerRecord[], keyOf: (record: LedgerRecord) => K | undefined) {
  const groups = new Map<K, LedgerRecord[]>();
  for (const record of records) {
    const key = keyOf(record);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(record);
    else groups.set(key, [record]);
  }
  return groups;
}

/** Those of the records that may be meant, without a look at each where they were asked for before. */
export function narrowed(records: readonly LedgerRecord[], { startPort, names }: Narrowing): readonly LedgerRecord[] {
  if (startPort === undefined && names === undefined) return records;
  let index = indexes.get(records);
  if (!index) {
    index = {};
    indexes.set(records, index);
  }
  if (startPort !== undefined) {
    index.byStart ??= grouped(records, ({ range }) => range.startPort);
    return index.byStart.get(startPort) ?? [];
  }
  index.byName ??= grouped(records, ({ name }) => name && foldedName(name));
  const { byName } = index;
  return [...new Set(names!.map(foldedName))].flatMap((name) => byName.get(name) ?? []);
}
