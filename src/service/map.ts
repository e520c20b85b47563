import type {
  PortCounts,
  PortExclusion,
  PortKind,
  PortMap,
  PortMapSegment,
  PortRange,
  Protocol,
  Reservation,
} from '../protocol/generated/contract.ts';
import { endPort, maximumPort } from '../protocol/ranges.ts';
import type { FoundHolder, Overview } from '../providers/provider.ts';
import { listenersOf } from './verdict.ts';

/** All that is true of a port; neighbours with the same facts are one segment. */
interface Facts {
  kind: PortKind;
  exclusion?: PortExclusion;
  reservation?: Reservation;
  holders?: NonNullable<PortMapSegment['holders']>;
}

/** What there is to draw. */
export interface MapInput extends Overview {
  exclusions: readonly PortExclusion[];
}

/** The map of a protocol's ports: what the tables say, and the exclusions and reservations of that protocol. */
export function portMap(
  protocol: Protocol,
  { holders, exclusions, dynamicRange, firstUnprivilegedPort, warnings }: MapInput,
  reservations: readonly Reservation[],
): PortMap {
  const ports: Facts[] = new Array(maximumPort + 1).fill({ kind: 'free' });
  const paint = ({ startPort, numberOfPorts }: PortRange, facts: Facts) =>
    ports.fill(facts, Math.max(startPort, 1), Math.min(startPort + numberOfPorts, maximumPort + 1));

  paint(dynamicRange, { kind: 'inDynamicRange' });
  if (firstUnprivilegedPort !== undefined) {
    paint({ startPort: 1, numberOfPorts: firstUnprivilegedPort - 1 }, { kind: 'privileged' });
  }
  for (const administered of [true, false]) {
    const kind = administered ? 'excludedByAdministrator' : 'excludedBySystem';
    for (const exclusion of exclusions) {
      if (exclusion.administered === administered) paint(exclusion.range, { kind, exclusion });
    }
  }
  for (const reservation of reservations) {
    const { startPort } = reservation.range;
    for (let port = startPort; port <= endPort(reservation.range); port++) {
      // The ports of a reservation may lie in several exclusions, or beside them.
      const { exclusion } = ports[port]!;
      const before = port > startPort ? ports[port - 1]! : undefined;
      ports[port] =
        before && before.exclusion === exclusion
          ? before
          : { kind: 'reserved', reservation, ...(exclusion && { exclusion }) };
    }
  }
  for (const [port, found] of holders) {
    if (1 <= port && port <= maximumPort) ports[port] = withHolders(ports[port]!, found);
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
  const holders = found.map(({ holder: { commandLine: _, ...holder } }) => holder);
  return {
    kind: listens ? 'listening' : reservation ? 'reserved' : 'inUse',
    ...(exclusion && { exclusion }),
    ...(reservation && { reservation }),
    holders,
  };
}

function segmentsOf(ports: readonly Facts[]): Pick<PortMap, 'segments' | 'counts'> {
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
  let startPort = 1;
  for (let port = 2; port <= maximumPort + 1; port++) {
    const facts = ports[startPort]!;
    if (port <= maximumPort && same(facts, ports[port]!)) continue;
    const label = labelOf(facts);
    const numberOfPorts = port - startPort;
    segments.push({ range: { startPort, numberOfPorts }, ...facts, ...(label !== undefined && { label }) });
    counts[facts.kind] += numberOfPorts;
    startPort = port;
  }
  return { segments, counts };
}

const same = (a: Facts, b: Facts): boolean =>
  a === b ||
  (a.kind === b.kind &&
    a.exclusion === b.exclusion &&
    a.reservation === b.reservation &&
    JSON.stringify(a.holders) === JSON.stringify(b.holders));

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
