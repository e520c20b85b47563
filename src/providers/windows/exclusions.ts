import { createPersistent, deletePersistent } from '../../native/windows/iphlpapi.ts';
import { isElevated } from '../../native/windows/process-token.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { formatPorts, sameRange } from '../../protocol/ranges.ts';
import type { Excluder, ExclusionRequest, ExclusionTable, SystemExclusion } from '../excluder.ts';
import type { ExcludedRow } from './excluded-port-ranges.ts';
import { changeExclusion, excludedPortRanges, type NetshChange, type Store } from './netsh.ts';
import { refusedExclusion } from './refused-exclusion.ts';
import { readExcludedRows } from './tables.ts';
import { needsElevation } from './windows-error.ts';
import { withoutNat } from './winnat.ts';

/** The families have one table; it is asked for by this one. */
const family = 'ipv4';

const stores: readonly Store[] = ['persistent', 'active'];

/** A row of netsh as an exclusion: persistent, if the next start of the system begins with it. */
export function exclusionOf(
  protocol: Protocol,
  { range, administered }: ExcludedRow,
  lasting: readonly ExcludedRow[],
): SystemExclusion {
  const store = lasting.some((row) => sameRange(row.range, range)) ? 'persistent' : 'active';
  return { protocol, range, store, source: 'netsh', administered };
}

/** All that netsh lists: administrators' exclusions, reservations and drivers' ranges. */
async function listExclusions(protocols: readonly Protocol[]): Promise<ExclusionTable> {
  const table: ExclusionTable = { exclusions: [], warnings: [] };
  for (const protocol of protocols) {
    const { rows, lasting, warnings } = await readExcludedRows(protocol);
    const notYet = lasting.filter((row) => !rows.some(({ range }) => sameRange(range, row.range)));
    table.exclusions.push(...[...rows, ...notYet].map((row) => exclusionOf(protocol, row, lasting)));
    table.warnings.push(...warnings);
  }
  return table;
}

/**
 * Adds the exclusion, with WinNAT stopped meanwhile if asked for. What netsh says counts for nothing: the table does.
 * @throws ServiceError AccessDenied, PortInUse, RangeReserved, RangeExcluded, OsError; the signal's reason
 */
async function addExclusion(request: ExclusionRequest): Promise<SystemExclusion> {
  const { protocol, range, store, restartNat, replacing = [], signal } = request;
  const target = formatPorts(protocol, range);
  if (!(await isElevated())) throw needsElevation(target);
  signal?.throwIfAborted();
  for (const one of replacing) await deletePersistent(protocol, one.range);
  const change = {
    target,
    make: async () => {
      signal?.throwIfAborted();
      return addTo(protocol, range, { wanted: store === 'persistent' ? stores : ['active'], restartNat });
    },
    undo: (added: Added) => takeBack(protocol, range, added),
  };
  try {
    await (restartNat ? withoutNat(change) : change.make());
  } catch (error) {
    for (const one of replacing) await createPersistent(protocol, one.range);
    throw error;
  }
  return { protocol, range, store, source: 'netsh', administered: true };
}

/**
 * Deletes the exclusion from every store that has it.
 * @throws ServiceError AccessDenied, OsError
 */
async function deleteExclusion({ protocol, range, store }: SystemExclusion): Promise<void> {
  if (!(await isElevated())) throw needsElevation(formatPorts(protocol, range));
  for (const one of store === 'persistent' ? stores : (['active'] as const)) {
    const change = await changeExclusion('delete', { protocol, range, store: one });
    const left = await storesWith(protocol, range);
    if (left.has(one)) throw withoutEffect(change, protocol, range);
    if (left.size === 0) return;
  }
}

/** netsh's exit code for all that it refuses. */
const refusedByNetsh = 1;

/** Refuses what `addExclusion` would refuse. What goes for it, or while WinNAT is
 * stopped, is not known before. */
async function checkAddition({ protocol, range, store, restartNat, isReplacing }: ExclusionRequest): Promise<void> {
  if (!(await isElevated())) throw needsElevation(formatPorts(protocol, range));
  const found = await storesWith(protocol, range);
  if (found.has(store) || found.has('active') || restartNat || isReplacing) return;
  const change: NetshChange = { verb: 'add', code: refusedByNetsh, said: '' };
  const refused = await refusedExclusion(change, protocol, range, restartNat);
  if (refused) throw refused;
}

async function checkRemoval({ protocol, range }: SystemExclusion): Promise<void> {
  if (!(await isElevated())) throw needsElevation(formatPorts(protocol, range));
}

/** netsh as what keeps ports out of automatic choice. */
export const netshExcluder: Excluder = {
  list: listExclusions,
  add: addExclusion,
  checkAddition,
  remove: deleteExclusion,
  checkRemoval,
};

/** What an addition changed. */
interface Added {
  added: Store[];
  /** It was active until the next restart before, and is persistent now. */
  extended: boolean;
  /** It was persistent before, and is active until the next restart now. */
  shortened: boolean;
}

async function addTo(
  protocol: Protocol,
  range: PortRange,
  { wanted, restartNat }: { wanted: readonly Store[]; restartNat: boolean },
): Promise<Added> {
  const done: Added = { added: [], extended: false, shortened: false };
  // Before any change: a table that cannot be read would not show what it did.
  let found = await storesWith(protocol, range);
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
        throw (await refusedExclusion(change, protocol, range, restartNat)) ?? withoutEffect(change, protocol, range);
      }
      done.added.push(store);
    }
    return done;
  } catch (error) {
    await takeBack(protocol, range, done).catch(() => {});
    throw error;
  }
}

async function takeBack(protocol: Protocol, range: PortRange, { added, extended, shortened }: Added): Promise<void> {
  for (const store of added) {
    const change = await changeExclusion('delete', { protocol, range, store });
    if ((await storesWith(protocol, range)).has(store)) throw withoutEffect(change, protocol, range);
  }
  if (extended) await changeExclusion('add', { protocol, range, store: 'active' });
  if (shortened) for (const store of stores) await changeExclusion('add', { protocol, range, store });
}

/** The stores that have exactly this exclusion. */
async function storesWith(protocol: Protocol, range: PortRange): Promise<Set<Store>> {
  const tables = await Promise.all(stores.map((store) => excludedPortRanges(family, protocol, store)));
  const has = (rows: readonly ExcludedRow[]) => rows.some((row) => row.administered && sameRange(row.range, range));
  return new Set(stores.filter((_, index) => has(tables[index]!)));
}

function withoutEffect({ verb, code, said }: NetshChange, protocol: Protocol, range: PortRange): ServiceError {
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
