import { ServiceError } from '../../protocol/errors.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { formatPorts, sameRange } from '../../protocol/ranges.ts';
import type { ExcludedRow } from './excluded-port-ranges.ts';
import { changeExclusion, type NetshChange, type Store } from './netsh.ts';
import { refusedExclusion } from './refused-exclusion.ts';
import { Sight } from './sight.ts';

/* netsh's two stores of exclusions: what is said of a change counts for nothing, the table read after it does. */

export const stores: readonly Store[] = ['persistent', 'active'];

/** What an addition changed. */
export interface Added {
  added: Store[];
  /** It was active until the next restart before, and is persistent now. */
  extended: boolean;
  /** It was persistent before, and is active until the next restart now. */
  shortened: boolean;
}

export async function addTo(
  protocol: Protocol,
  range: PortRange,
  { wanted, isWithoutNat, sight }: { wanted: readonly Store[]; isWithoutNat: boolean; sight: Sight },
): Promise<Added> {
  const done: Added = { added: [], extended: false, shortened: false };
  // Before any change: a table that cannot be read would not show what it did.
  let found = await storesWith(protocol, range, sight);
  try {
    // netsh takes no range that is there already, not even for longer.
    if (wanted.includes('persistent') && found.has('active') && !found.has('persistent')) {
      done.extended = true;
      await changeExclusion('delete', { protocol, range, store: 'active' });
      found = new Set();
    }
    if (!wanted.includes('persistent') && found.has('persistent')) {
      done.shortened = true;
      await changeExclusion('delete', { protocol, range, store: 'persistent' });
      found = await storesWith(protocol, range);
    }
    for (const store of wanted) {
      if (found.has(store)) continue;
      const change = await changeExclusion('add', { protocol, range, store });
      found = await storesWith(protocol, range);
      if (!found.has(store)) {
        const { code } = change;
        const refused = await refusedExclusion({ protocol, range, code, isWithoutNat });
        throw refused ?? withoutEffect(change, protocol, range);
      }
      done.added.push(store);
    }
    return done;
  } catch (error) {
    await takeBack(protocol, range, done).catch(() => {});
    throw error;
  }
}

export async function takeBack(
  protocol: Protocol,
  range: PortRange,
  { added, extended, shortened }: Added,
): Promise<void> {
  for (const store of added) {
    const change = await changeExclusion('delete', { protocol, range, store });
    if ((await storesWith(protocol, range)).has(store)) throw withoutEffect(change, protocol, range);
  }
  if (extended) await changeExclusion('add', { protocol, range, store: 'active' });
  if (shortened) for (const store of stores) await changeExclusion('add', { protocol, range, store });
}

/** The stores that have exactly this exclusion. @param sight what was read before; by default it is read now */
export async function storesWith(protocol: Protocol, range: PortRange, sight = new Sight()): Promise<Set<Store>> {
  const tables = await Promise.all(stores.map((store) => sight.rowsIn(protocol, store)));
  const has = (rows: readonly ExcludedRow[]) => rows.some((row) => row.administered && sameRange(row.range, range));
  return new Set(stores.filter((_, index) => has(tables[index]!)));
}

export function withoutEffect({ verb, code, said }: NetshChange, protocol: Protocol, range: PortRange): ServiceError {
  const target = formatPorts(protocol, range);
  const effect = verb === 'add' ? 'is not excluded' : 'is still excluded';
  const message =
    code === 0
      ? `netsh reported success, and yet ${target} ${effect}.`
      : `netsh failed with ${code}, and ${target} ${effect}: ${said}`;
  return new ServiceError('OsError', message, {
    target,
    osCode: code,
    osFunction: 'netsh',
    hint: 'netsh interface ipv4 show excludedportrange lists what is kept.',
  });
}
