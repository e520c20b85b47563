import type { Hold, Reservations } from '../protocol/generated/contract.ts';
import { formatAllPorts } from '../protocol/ranges.ts';
import type { Output } from './output.ts';

/** Says what was to be held and is not, since the system cannot. @param taker whom the ports are for */
export function sayUnheld(
  { reservations }: Reservations,
  hold: Hold,
  { output, taker }: { output: Output; taker: string },
): void {
  const unheld = reservations.filter(({ enforcement }) => hold !== 'none' && enforcement === 'ledger');
  if (unheld.length === 0) return;
  const protocols = unheld.map(({ protocol }) => protocol);
  output.note(
    `${formatAllPorts(protocols, unheld[0]!.range)} is free and not held: other users and other programs may take it before ${taker} does.`,
  );
}
