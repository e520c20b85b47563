import type { PortExclusion, PortMapSegment, ProtocolMap } from '../protocol/generated/contract.ts';
import { plainText } from '../protocol/plain-text.ts';
import { endPort, formatRange, holdsPort } from '../protocol/ranges.ts';
import { grouped, titleOf } from './kinds.ts';
import { excludedBy, reservedAs, whoOf } from './named-ports.ts';

/** What people want most when they look for a port: it is news when the system has it. */
const famous = [5173, 3000, 8080, 8000, 5000, 4200, 5432, 3306, 6379, 8443, 9000, 9229, 27_017, 1433, 5672, 9090];
const lowestGoodStart = 10_000;

/** What one port is, in a few words. */
export function aboutPort(port: number, map: Pick<ProtocolMap, 'segments' | 'protocol'>): string {
  const segment = map.segments.find(({ range }) => holdsPort(range, port));
  return segment ? `${port} ${aboutSegment(segment, map.protocol)}` : `${port}`;
}

function aboutSegment(
  { kind, range, holders = [], reservation, exclusion }: PortMapSegment,
  protocol: ProtocolMap['protocol'],
): string {
  const who = plainText(holders.map(whoOf)[0] ?? 'nobody that is seen');
  switch (kind) {
    case 'listening':
      return `is taken: ${who} ${protocol === 'tcp' ? 'listens' : 'receives'} there`;
    case 'inUse':
      return `is in use by ${who}`;
    case 'reserved': {
      const { name, note } = reservedAs(reservation!);
      return plainText(`is reserved${reservation!.name ? ` as ${name}` : ''}${note ? ` (${note})` : ''}`);
    }
    case 'excludedBySystem':
      return `is kept by the system, in ${formatRange(exclusion?.range ?? range)}, and nobody can bind it`;
    case 'excludedByAdministrator':
      return plainText(`is kept out of automatic choice${keptBy(exclusion)}, and free for who names it`);
    case 'privileged':
      return 'is free, and only for those who may bind privileged ports';
    case 'inDynamicRange':
      return `is free now, in ${formatRange(range)}, which the system hands out by itself`;
    case 'free':
      return 'is free';
  }
}

/** What is most worth knowing of the map, in one sentence. */
export function headline(map: ProtocolMap, ring: readonly number[] = []): string {
  const { counts, segments, protocol, dynamicRange } = map;
  const [first, ...others] = ring;
  const of = protocol.toUpperCase();
  const taken = segments.filter(({ kind }) => kind === 'excludedBySystem');
  const isTaken = (port: number) => taken.some(({ range }) => holdsPort(range, port));
  if (first !== undefined && !isTaken(first))
    return `${aboutPort(first, map)}${others.length > 0 ? `; ${others.length} more are ringed` : ''}`;
  if (taken.length > 0) {
    const among = [...ring, ...famous].find(isTaken);
    const which = among === undefined ? '' : `; ${among} is one of them`;
    return `${systemOf(taken)} keeps ${grouped(counts.excludedBySystem)} of your ${of} ports${which}`;
  }
  if (dynamicRange.startPort < lowestGoodStart) {
    const at = famous.filter((port) => holdsPort(dynamicRange, port)).slice(0, 2);
    const named = at.length > 0 ? at.join(' or ') : 'one that a server needs';
    return `${of} ports from ${dynamicRange.startPort} to ${endPort(dynamicRange)} are handed out by chance: any connection may take ${named}`;
  }
  const verb = titleOf('listening', protocol) === 'listening' ? 'are listened on' : 'receive';
  const reserved = counts.reserved > 0 ? `, ${grouped(counts.reserved)} are reserved` : '';
  return `${grouped(counts.listening)} of 65,535 ${of} ports ${verb}${reserved}`;
}

function keptBy(exclusion: PortExclusion | undefined): string {
  if (!exclusion) return '';
  return exclusion.own && exclusion.name !== undefined ? ` as ${exclusion.name}` : ` by ${excludedBy(exclusion).name}`;
}

const systemOf = ([first]: readonly PortMapSegment[]): string =>
  first?.exclusion?.source === 'netsh' ? 'Windows' : 'The system';
