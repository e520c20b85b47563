import { ServiceError } from '../protocol/errors.ts';
import type { PortRange, Protocol, Reservation } from '../protocol/generated/contract.ts';
import { formatAllPorts, formatRange } from '../protocol/ranges.ts';
import { escapeWildcards, plainName } from '../protocol/wildcard.ts';
import type { PortService } from '../service/port-service.ts';
import { given, parseRange } from './options.ts';

/** One thing that a command was asked about. */
export interface Wanted {
  /** Exactly this range. */
  range?: PortRange;
  /** Exactly this name. */
  name?: string;
  /** Any name that fits; wildcards are permitted. */
  pattern?: string;
  token?: string;
}

/** What a word of the command line means: a range, or else a name. */
export function wantedBy(word: string): Wanted {
  const range = parseRange(word);
  return range ? { range } : { name: word };
}

/** The same where names may have wildcards. */
export function patternBy(word: string): Wanted {
  const { name, ...wanted } = wantedBy(word);
  return name === undefined ? wanted : { pattern: name };
}

/** The reservations that fit; a range means TCP unless protocols are given. */
export async function select(
  service: PortService,
  { range, name, pattern, token }: Wanted,
  protocols?: readonly Protocol[],
): Promise<Reservation[]> {
  const protocol = protocols ?? (range ? ['tcp' as const] : undefined);
  const names = name === undefined ? pattern : escapeWildcards(name);
  const { reservations } = await service.list(given({ protocol, range, name: names, token }));
  return reservations;
}

/** How the thing is called in a sentence. */
export function describeWanted(
  { range, name, pattern, token }: Wanted,
  protocols: readonly Protocol[] = ['tcp'],
): string {
  if (range) return formatAllPorts(protocols, range);
  return token === undefined ? `the name ${JSON.stringify(name ?? pattern)}` : `token ${token}`;
}

/** There is none. */
export function noneOf(wanted: Wanted, protocols?: readonly Protocol[]): ServiceError {
  const target = describeWanted(wanted, protocols);
  return new ServiceError('NotFound', `There is no reservation of ${target}.`, {
    target,
    hint: isPatternGiven(wanted) ? 'For wildcards use --name.' : whereElse(wanted),
  });
}

const whereElse = ({ range }: Wanted) =>
  `portreservation get lists the reservations${range ? `, portreservation status ${formatRange(range)} says who has a port` : ''}.`;

const isPatternGiven = ({ name }: Wanted) => name !== undefined && plainName(name) === undefined;
