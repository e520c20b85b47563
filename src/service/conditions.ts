import type { PortExclusion, RecordState, Reservation } from '../protocol/generated/contract.ts';
import { formatPorts } from '../protocol/ranges.ts';
import type { Conditions, Provider, Recorded, Repeated } from '../providers/provider.ts';

/** What is listed, each with how it compares with the system. */
export interface Compared {
  reservations: Reservation[];
  exclusions: PortExclusion[];
  /** What differs, one sentence for each way. */
  warnings: string[];
  /** Whether what the next restart loses is lost by somebody else's doing, and no change of ours helps. */
  isOverridden: boolean;
  /** What other files set, and ours is to repeat. */
  repeated?: Repeated;
}

/** The record is never told as the fact: what is to last, and what is excluded, is compared with the system. */
export async function compared(
  provider: Provider,
  {
    reservations = [],
    exclusions = [],
  }: { reservations?: readonly Reservation[]; exclusions?: readonly PortExclusion[] },
): Promise<Compared> {
  const recorded = new Map<object, Recorded>();
  for (const one of reservations) if (isCompared(provider, one)) recorded.set(one, { ...one, lasts: true });
  for (const one of exclusions) {
    if (one.own) recorded.set(one, { protocol: one.protocol, range: one.range, lasts: one.store === 'persistent' });
  }
  const { states, warnings, isOverridden, repeated }: Conditions =
    recorded.size > 0 && provider.conditions
      ? await provider.conditions([...recorded.values()])
      : { states: [], warnings: [], isOverridden: false };
  const stateOf = new Map([...recorded.keys()].map((one, index) => [one, states[index]]));
  const stated = <T extends Reservation | PortExclusion>(one: T, otherwise: RecordState | undefined): T => {
    const state = one.state ?? stateOf.get(one) ?? otherwise;
    return state ? { ...one, state } : one;
  };
  // What the system lists itself, it has.
  const listed = provider.lookup ? 'inForce' : undefined;
  return {
    reservations: reservations.map((one) =>
      stated(one, isCompared(provider, one) ? (one.owner === undefined ? 'foreign' : listed) : undefined),
    ),
    exclusions: exclusions.map((one) => stated(one, one.own ? listed : 'foreign')),
    warnings: [...warnings, ...lostWarnings([...reservations, ...exclusions])],
    isOverridden,
    ...(repeated && { repeated }),
  };
}

/** What the system was found to have lost, where it lists what it has. */
function lostWarnings(all: readonly (Reservation | PortExclusion)[]): string[] {
  const lost = all.filter(({ state }) => state === 'lost');
  if (lost.length === 0) return [];
  const which = lost.map(({ protocol, range }) => formatPorts(protocol, range)).join(', ');
  return [
    `The system lacks what is recorded: ${which}. Somebody has deleted it there; asking for it again makes it again.`,
  ];
}

const isCompared = ({ name }: Provider, { lifetime, provider }: Reservation): boolean =>
  lifetime === 'persistent' && provider === name;

/** As it is right after the system has been given it. */
export const asMade = (provider: Provider, one: Reservation): Reservation =>
  (provider.conditions || provider.lookup) && isCompared(provider, one) ? { ...one, state: 'inForce' } : one;
