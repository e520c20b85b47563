import { ServiceError } from '../protocol/errors.ts';
import type { PortRange, Protocol, Reservation } from '../protocol/generated/contract.ts';
import { formatAllPorts } from '../protocol/ranges.ts';
import type { PortService } from '../service/port-service.ts';
import { given, parseRange } from './options.ts';

/** One thing that a command was asked about. */
export interface Wanted {
  /** Exactly this range. */
  range?: PortRange;
  /** This name; wildcards are permitted. */
  name?: string;
  token?: string;
}

/** What a word of the command line means: a range, or else a name. */
export function wantedBy(word: string): Wanted {
  const range = parseRange(word);
  return range ? { range } : { name: word };
}

/** The reservations that fit; a range means TCP unless protocols are given. */
export async function select(
  service: PortService,
  { range, name, token }: Wanted,
  protocols?: readonly Protocol[],
): Promise<Reservation[]> {
  const protocol = protocols ?? (range ? ['tcp' as const] : undefined);
  const { reservations } = await service.list(given({ protocol, range, name, token }));
  return reservations;
}

/** How the thing is called in a sentence. */
export function describeWanted({ range, name, token }: Wanted, protocols: readonly Protocol[] = ['tcp']): string {
  if (range) return formatAllPorts(protocols, range);
  return token === undefined ? `the name ${JSON.stringify(name)}` : `token ${token}`;
}

/** There is none. */
export function noneOf(wanted: Wanted, protocols?: readonly Protocol[]): ServiceError {
  const target = describeWanted(wanted, protocols);
  return new ServiceError('NotFound', `There is no reservation of ${target}.`, {
    target,
    hint: 'portreservation get lists the reservations.',
  });
}
