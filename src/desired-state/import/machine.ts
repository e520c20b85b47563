import { ServiceError } from '../../protocol/errors.ts';
import type { ImportSource, PortExclusion, PortMapSegment, Protocol } from '../../protocol/generated/contract.ts';
import { endPort, formatPorts, overlap } from '../../protocol/ranges.ts';
import type { PortService } from '../../service/port-service.ts';
import { type Found, type FoundEntry, foreign } from './entries.ts';

const protocols: Protocol[] = ['tcp', 'udp'];

/** What others have excluded on this machine. */
export async function exclusionsHere(service: PortService, from: ImportSource): Promise<Found> {
  const wanted = from === 'sysctl' ? 'linux' : 'windows';
  if (service.provider !== wanted) throw notHere(from);
  const { exclusions, warnings = [] } = await service.listExclusions({ own: false });
  const taken = exclusions.filter(({ administered }) => administered);
  const drivers = exclusions.filter(({ administered }) => !administered);
  return {
    entries: joined(taken),
    warnings: [
      ...warnings,
      ...drivers.map((one) => `${formatPorts(one.protocol, one.range)} is left out: a driver has it until it ends.`),
    ],
  };
}

/** One entry for both protocols where both have the same. */
function joined(exclusions: readonly PortExclusion[]): FoundEntry[] {
  const entries = new Map<string, FoundEntry>();
  for (const { protocol, range, source } of exclusions) {
    const key = `${range.startPort}-${endPort(range)} ${source}`;
    const entry = entries.get(key);
    if (entry) entry.protocols.push(protocol);
    else entries.set(key, { kind: 'exclusion', protocols: [protocol], range, reason: foreign(source) });
  }
  return [...entries.values()];
}

/** What listens on this machine, each with what runs there, but for what is reserved already. */
export async function listenersHere(service: PortService): Promise<Found> {
  const { maps } = await service.map({ protocol: protocols });
  const { reservations } = await service.list({ lifetime: 'persistent' });
  const entries = new Map<string, FoundEntry>();
  for (const { protocol, segments } of maps) {
    for (const segment of segments) {
      const name = serving(segment, protocol);
      if (name === undefined) continue;
      if (reservations.some((one) => one.protocol === protocol && overlap(one.range, segment.range))) continue;
      const key = `${segment.range.startPort}-${endPort(segment.range)} ${name}`;
      const entry = entries.get(key);
      if (entry) entry.protocols.push(protocol);
      else {
        entries.set(key, {
          kind: 'reservation',
          protocols: [protocol],
          range: segment.range,
          ...(name !== '' && { name }),
          reason: foreign(name === '' ? 'something listens here' : `${name} listens here`),
          isUsed: true,
        });
      }
    }
  }
  return { entries: [...entries.values()], warnings: maps.flatMap(({ warnings = [] }) => warnings) };
}

/** Who serves on the ports; of UDP there is no listening, and a client's port is one that the system chose. */
function serving({ kind, holders = [] }: PortMapSegment, protocol: Protocol): string | undefined {
  if (kind === 'reserved') return undefined;
  const one = holders.find(({ state }) => state === 'listening' || (protocol === 'udp' && state === 'bound'));
  return one && (one.service ?? one.processName ?? '');
}

const notHere = (from: ImportSource) =>
  new ServiceError('NotSupported', `There is no ${from} on this system to look at.`, {
    target: from,
    hint: 'Write what it says into a file on the machine that has it, and give that file.',
  });
