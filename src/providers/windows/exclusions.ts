import { createPersistent, deletePersistent } from '../../native/windows/iphlpapi.ts';
import { isElevated } from '../../native/windows/process-token.ts';
import type { Protocol } from '../../protocol/generated/contract.ts';
import { rangesWithout } from '../../protocol/port-set.ts';
import { formatPorts, sameRange } from '../../protocol/ranges.ts';
import type { Excluder, ExclusionRequest, ExclusionTable, SystemExclusion } from '../excluder.ts';
import type { ExcludedRow } from './excluded-port-ranges.ts';
import { type Added, addTo, stores, storesWith, takeBack, withoutEffect } from './exclusion-stores.ts';
import { hiddenAt } from './hidden.ts';
import type { HiddenRange } from './hidden-range.ts';
import { needsNatRestart } from './nat-restart.ts';
import { changeExclusion } from './netsh.ts';
import { firstRefusedPort, type RefusedPort } from './refusal.ts';
import { refusedExclusion } from './refused-exclusion.ts';
import { Sight, sightOf } from './sight.ts';
import { readExcludedRows } from './tables.ts';
import { urlsWithin, urlWarning } from './urls.ts';
import { needsElevation, rangeHidden } from './windows-error.ts';
import { natCost, natRestarted, withoutNat } from './winnat.ts';

/** A row of netsh as an exclusion: persistent, if the next start of the system begins with it. */
export function exclusionOf(
  protocol: Protocol,
  { range, administered }: ExcludedRow,
  lasting: readonly ExcludedRow[],
): SystemExclusion {
  const store = lasting.some((row) => sameRange(row.range, range)) ? 'persistent' : 'active';
  return { protocol, range, store, source: 'netsh', administered };
}

/** A range that netsh does not show, as an exclusion. */
export const exclusionOfHidden = (
  protocol: Protocol,
  { range, isListed }: Pick<HiddenRange, 'range' | 'isListed'>,
): SystemExclusion => ({
  protocol,
  range,
  store: 'active',
  source: isListed ? 'guests' : 'binds',
  administered: false,
});

/** All that netsh lists: administrators' exclusions, reservations and drivers' ranges; and what guests have. */
async function listExclusions(
  protocols: readonly Protocol[],
  _recorded: unknown,
  look?: object,
): Promise<ExclusionTable> {
  const table: ExclusionTable = { exclusions: [], warnings: [] };
  const sight = sightOf(look);
  for (const protocol of protocols) {
    const { rows, lasting, warnings } = await readExcludedRows(protocol, sight);
    const notYet = lasting.filter((row) => !rows.some(({ range }) => sameRange(range, row.range)));
    table.exclusions.push(...[...rows, ...notYet].map((row) => exclusionOf(protocol, row, lasting)));
    const guests = (await sight.guests(protocol)).map((range) =>
      exclusionOfHidden(protocol, { range, isListed: true }),
    );
    table.exclusions.push(...guests);
    table.warnings.push(...warnings);
  }
  return table;
}

/**
 * Adds the exclusion, with WinNAT stopped meanwhile if asked for and of use. What netsh says counts for nothing: the table
 * does, and a bind of each port.
 * @throws ServiceError AccessDenied, PortInUse, RangeReserved, RangeExcluded, OsError; the signal's reason
 */
async function addExclusion(request: ExclusionRequest): Promise<SystemExclusion> {
  const { protocol, range, store, restartNat, replacing = [], tell = () => {}, signal } = request;
  const target = formatPorts(protocol, range);
  if (!(await isElevated())) throw needsElevation(target);
  signal?.throwIfAborted();
  for (const one of replacing) await deletePersistent(protocol, one.range);
  const sight = sightFor(request);
  try {
    const isWithoutNat = restartNat && (await isNatInTheWay(request, sight));
    const change = {
      target,
      make: async () => {
        signal?.throwIfAborted();
        const added = await addTo(protocol, range, {
          wanted: store === 'persistent' ? stores : ['active'],
          isWithoutNat,
          sight,
        });
        await refuseUseless(request, added);
        return added;
      },
      undo: (added: Added) => takeBack(protocol, range, added),
    };
    await (isWithoutNat ? withoutNat(change) : change.make());
    if (isWithoutNat) tell(natRestarted(target));
  } catch (error) {
    for (const one of replacing) await createPersistent(protocol, one.range);
    throw error;
  }
  for (const url of await urlsWithin(protocol, range, sight)) tell(urlWarning(url));
  return { protocol, range, store, source: 'netsh', administered: true };
}

/** What the request has read already; not where something has gone for it since. */
const sightFor = ({ look, isReplacing }: ExclusionRequest): Sight => (isReplacing ? new Sight() : sightOf(look));

/** Whether WinNAT is to be stopped. One that is there already needs nothing of it. */
async function isNatInTheWay({ protocol, range }: ExclusionRequest, sight: Sight): Promise<boolean> {
  return (await storesWith(protocol, range, sight)).size === 0 && (await needsNatRestart(protocol, range, sight));
}

/**
 * Takes an exclusion back that opens no port: netsh makes one, and says so, over a range that it does not show.
 * @throws ServiceError RangeReserved
 */
async function refuseUseless({ protocol, range, tell }: ExclusionRequest, added: Added): Promise<void> {
  const sight = new Sight();
  const sockets = (await sight.sockets(protocol).catch(() => [])).map(({ port }) => ({
    startPort: port,
    numberOfPorts: 1,
  }));
  // A server may have come meanwhile; what it has is well had.
  for (const rest of rangesWithout(range, sockets)) {
    const refused = await firstRefusedPort(protocol, rest).catch(() => undefined);
    if (!refused) continue;
    const { port, error } = refused;
    const hidden = await hiddenAt(protocol, port, error, sight).catch(() => undefined);
    if (!hidden) {
      tell?.(stillRefused(protocol, refused));
      continue;
    }
    await takeBack(protocol, range, added);
    throw rangeHidden(protocol, range, { port, hidden, cause: error });
  }
}

const stillRefused = (protocol: Protocol, { port, error }: RefusedPort): string =>
  `A bind of ${protocol} ${port} is refused all the same (${error.code}), and Windows does not show who has it.`;

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

/** Refuses what `addExclusion` would refuse. What goes for it, or while WinNAT is stopped, is not known before. */
async function checkAddition(request: ExclusionRequest): Promise<void> {
  const { protocol, range, store, restartNat, isReplacing, tell = () => {} } = request;
  const target = formatPorts(protocol, range);
  if (!(await isElevated())) throw needsElevation(target);
  const sight = sightFor(request);
  const found = await storesWith(protocol, range, sight);
  if (!found.has(store) && !found.has('active') && !isReplacing) {
    if (!restartNat) {
      const refused = await refusedExclusion({ protocol, range, sight });
      if (refused) throw refused;
    } else if (await needsNatRestart(protocol, range, sight))
      tell(`WinNAT is stopped for ${target} meanwhile: ${natCost}`);
  }
  for (const url of await urlsWithin(protocol, range, sight)) tell(urlWarning(url));
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
