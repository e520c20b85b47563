import type { Hold, Reservation } from '../../protocol/generated/contract.ts';
import { formatAllPorts } from '../../protocol/ranges.ts';

/** What each way of keeping ports is worth to the command. */
const worth: Readonly<Record<Reservation['enforcement'], (them: string) => string>> = {
  kernel: (them) => `the kernel lets in this command alone, and nobody else gets ${them}`,
  socket: (them) => `held; of this user's sockets those that set SO_REUSEPORT get ${them}, and nobody else`,
  ephemeralOnly: (them) => `kept from port 0 and connect; a server that names ${them} gets in`,
  ledger: (them) => `not held; whoever binds ${them} first has ${them}`,
};

const notAdmitted = (them: string) =>
  `the kernel refuses who has no token; the command gets ${them} only where the reservation is for its user or service`;

/**
 * What the command is given, in one sentence; undefined where all of it is what `sayUnheld` tells.
 * @param taker whom it is for
 * @param how.isAdmitted whether the kernel lets the command in
 */
export function givenTo(
  taker: string,
  reservations: readonly Reservation[],
  { hold, isAdmitted }: { hold: Hold; isAdmitted: boolean },
): string | undefined {
  const kinds = new Map<Reservation['enforcement'], Reservation[]>();
  for (const one of reservations) {
    if (one.enforcement === 'ledger' && hold !== 'none') continue;
    kinds.set(one.enforcement, [...(kinds.get(one.enforcement) ?? []), one]);
  }
  const parts = [...kinds].map(([kind, [first, ...others]]) => {
    const { range } = first!;
    const ports = formatAllPorts(
      [first!, ...others].map(({ protocol }) => protocol),
      range,
    );
    const say = kind === 'kernel' && !isAdmitted ? notAdmitted : worth[kind];
    return `${ports} for ${taker}: ${say(range.numberOfPorts === 1 ? 'it' : 'them')}`;
  });
  return parts.length > 0 ? parts.join('; ') : undefined;
}
