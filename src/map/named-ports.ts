import type { PortExclusion, PortHolder, PortRange, ProtocolMap, Reservation } from '../protocol/generated/contract.ts';
import { endPort, formatRange } from '../protocol/ranges.ts';

/** Ports that have a name. */
export interface NamedPorts {
  range: PortRange;
  name: string;
  /** What else is known of it. */
  note?: string;
}

/** The ranges that one excluded, neighbours joined. */
export interface Excluder {
  name: string;
  /** Whom it stops. */
  effect: string;
  /** Where it is listed. */
  source: string;
  ranges: PortRange[];
}

/** The named things of a map, each by port. */
export interface NamedThings {
  listening: NamedPorts[];
  reserved: NamedPorts[];
  /** Exclusions that were made here and have a name. */
  kept: NamedPorts[];
  excluders: Excluder[];
}

export function namedThings({ segments }: Pick<ProtocolMap, 'segments'>): NamedThings {
  const listening: NamedPorts[] = [];
  const reservations = new Map<number, Reservation>();
  const kept: NamedPorts[] = [];
  const excluders = new Map<string, Excluder>();
  const exclusions = new Set<string>();
  for (const { range, kind, label, holders, reservation, exclusion } of segments) {
    if (kind === 'listening') listening.push({ range, name: label ?? whoOf(holders?.[0]) });
    if (reservation) reservations.set(reservation.range.startPort, reservation);
    if (!exclusion) continue;
    const by = excludedBy(exclusion);
    const excluderKey = `${by.name} ${by.source}`;
    const key = `${excluderKey} ${formatRange(exclusion.range)}`;
    if (reservation || exclusions.has(key)) continue;
    exclusions.add(key);
    if (exclusion.own && exclusion.name !== undefined) {
      kept.push(keptAs(exclusion, exclusion.name));
      continue;
    }
    const excluder = excluders.get(excluderKey);
    if (excluder) addRange(excluder.ranges, exclusion.range);
    else excluders.set(excluderKey, { ...by, ranges: [exclusion.range] });
  }
  return { listening, reserved: [...reservations.values()].map(reservedAs), kept, excluders: [...excluders.values()] };
}

/** Adds the next range, which begins where the last one ends or later. */
function addRange(ranges: PortRange[], next: PortRange): void {
  const last = ranges.at(-1)!;
  if (endPort(last) + 1 !== next.startPort) ranges.push(next);
  else ranges[ranges.length - 1] = { ...last, numberOfPorts: last.numberOfPorts + next.numberOfPorts };
}

/** A process, or what is known instead. */
export function whoOf(holder: PortHolder | undefined): string {
  const { processName, processId, user } = holder ?? {};
  if (processName !== undefined) return processName;
  if (processId !== undefined) return `process ${processId}`;
  return user === undefined ? 'no process' : `user ${user}`;
}

/** A process with its id and user. */
export function aboutHolder(holder: PortHolder): string {
  const { processName, processId, user } = holder;
  const facts = [
    processName !== undefined && processId !== undefined && `process ${processId}`,
    (processName ?? processId) !== undefined && user,
  ].filter(Boolean);
  return facts.length > 0 ? `${whoOf(holder)} (${facts.join(', ')})` : whoOf(holder);
}

/** Who reserved it and what for. */
export function reservedAs({ range, name, reason, owner, lifetime }: Reservation): NamedPorts {
  const process = owner?.processId === undefined ? '' : `, process ${owner.processId}`;
  const notes = [reason, `${lifetime}${owner ? ` of ${owner.user}` : ''}${process}`];
  return { range, name: name ?? 'unnamed', note: notes.filter((one) => one !== undefined).join(', ') };
}

/** An exclusion that was made here. */
const keptAs = ({ range, reason }: PortExclusion, name: string): NamedPorts => ({
  range,
  name,
  note: ['excluded', reason].filter((one) => one !== undefined).join(', '),
});

/** Who excluded it and whom that stops. */
export const excludedBy = ({ source, administered, own, name }: PortExclusion): Omit<Excluder, 'ranges'> =>
  administered
    ? own
      ? { name: name ?? 'PortReservation', effect: 'bindable by number', source }
      : { name: 'an administrator', effect: 'bindable by number', source }
    : { name: 'the system', effect: 'nobody can bind', source };
