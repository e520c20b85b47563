import type {
  PortCounts,
  PortExclusion,
  PortKind,
  PortMapRendering,
  PortMapSegment,
  PortRange,
  Protocol,
  ProtocolMap,
  Reservation,
} from '../../protocol/generated/contract.ts';
import { maximumPort } from '../../protocol/ranges.ts';
import type { FoundHolder, Overview } from '../../providers/provider.ts';
import { PortTable } from './port-table.ts';
import { listenersOf } from './verdict.ts';

/** All that is true of a port; neighbours with the same facts are one segment. */
interface Facts {
  kind: PortKind;
  exclusion?: PortExclusion;
  reservation?: Reservation;
  holders?: NonNullable<PortMapSegment['holders']>;
}

const allPorts: PortRange = { startPort: 1, numberOfPorts: maximumPort };
const only = (port: number): PortRange => ({ startPort: port, numberOfPorts: 1 });

/** What there is to draw. */
export interface MapInput extends Overview {
  exclusions: readonly PortExclusion[];
}

/** The map of a protocol's ports: what the tables say, and the exclusions and reservations of that protocol. */
export function portMap(
  protocol: Protocol,
  { holders, exclusions, dynamicRange, firstUnprivilegedPort, warnings }: MapInput,
  reservations: readonly Reservation[],
): ProtocolMap {
  const ports = new PortTable<Facts>({ kind: 'free' });
  ports.set(dynamicRange, { kind: 'inDynamicRange' });
  if (firstUnprivilegedPort !== undefined) {
    ports.set({ startPort: 1, numberOfPorts: firstUnprivilegedPort - 1 }, { kind: 'privileged' });
  }
  for (const administered of [true, false]) {
    const kind = administered ? 'excludedByAdministrator' : 'excludedBySystem';
    for (const exclusion of exclusions) {
      if (exclusion.administered === administered) ports.set(exclusion.range, { kind, exclusion });
    }
  }
  for (const reservation of reservations) {
    // It may lie in several exclusions, or in part beside them.
    for (const { range, facts } of ports.runs(reservation.range)) {
      const { exclusion } = facts;
      ports.set(range, { kind: 'reserved', reservation, ...(exclusion && { exclusion }) });
    }
  }
  for (const [port, found] of holders) {
    if (1 <= port && port <= maximumPort) ports.set(only(port), withHolders(ports.at(port), found));
  }

  const unseen = unseenOwners(holders.values());
  const all = [...warnings, ...(unseen ? [unseen] : [])];
  return {
    protocol,
    dynamicRange,
    ...(firstUnprivilegedPort !== undefined && { firstUnprivilegedPort }),
    ...segmentsOf(ports),
    ...(all.length > 0 && { warnings: all }),
  };
}

function withHolders({ exclusion, reservation }: Facts, found: readonly FoundHolder[]): Facts {
  const listens = listenersOf({ holders: found, reservation }).length > 0;
  const holders = found.map(({ holder: { commandLine: _, workingDirectory: __, unseen: ___, ...holder } }) => holder);
  return {
    kind: listens ? 'listening' : reservation ? 'reserved' : 'inUse',
    ...(exclusion && { exclusion }),
    ...(reservation && { reservation }),
    holders,
  };
}

function segmentsOf(ports: PortTable<Facts>): Pick<ProtocolMap, 'segments' | 'counts'> {
  const segments: PortMapSegment[] = [];
  const counts: PortCounts = {
    free: 0,
    inDynamicRange: 0,
    privileged: 0,
    excludedByAdministrator: 0,
    excludedBySystem: 0,
    inUse: 0,
    reserved: 0,
    listening: 0,
  };
  let before: Facts | undefined;
  for (const { range, facts } of ports.runs(allPorts)) {
    counts[facts.kind] += range.numberOfPorts;
    if (before && same(before, facts)) {
      segments.at(-1)!.range.numberOfPorts += range.numberOfPorts;
    } else {
      const label = labelOf(facts);
      segments.push({ range, ...facts, ...(label !== undefined && { label }) });
    }
    before = facts;
  }
  return { segments, counts };
}

const same = (a: Facts, b: Facts): boolean =>
  a.kind === b.kind &&
  a.exclusion === b.exclusion &&
  a.reservation === b.reservation &&
  JSON.stringify(a.holders) === JSON.stringify(b.holders);

function labelOf({ kind, exclusion, reservation, holders }: Facts): string | undefined {
  if (kind === 'reserved') return reservation?.name;
  if (kind === 'listening' || kind === 'inUse') return holders?.find(({ processName }) => processName)?.processName;
  return exclusion?.name ?? exclusion?.source;
}

/** What is not seen of owners. Closing connections have none. */
function unseenOwners(ports: Iterable<readonly FoundHolder[]>): string | undefined {
  let unseen = 0;
  for (const found of ports) {
    if (found.some(({ holder }) => holder.processId === undefined && holder.user !== undefined)) unseen++;
  }
  if (unseen === 0) return undefined;
  return unseen === 1
    ? 'Of 1 port the process cannot be seen from here: it is of another user, or outside this container.'
    : `Of ${unseen} ports the processes cannot be seen from here: they are of other users, or outside this container.`;
}

/** The code for drawing, which is loaded only then: every service would start later. */
export const loadRendering = () => import('../../map/render.ts');

/**
 * What adds the drawing that was asked for to the maps.
 * @throws InvalidParamsError what is of a text for an svg, or colors in ASCII
 */
export async function drawingAs(
  rendering: PortMapRendering | undefined,
): Promise<(maps: ProtocolMap[]) => ProtocolMap[]> {
  if (!rendering) return (maps) => maps;
  const { checkRendering, renderAll } = await loadRendering();
  checkRendering(rendering);
  return (maps) => renderAll(maps, rendering);
}
