import { expect } from 'vitest';
import type {
  AppliedState,
  DesiredReservation,
  Protocol,
  Reservation,
} from '../../../src/protocol/generated/contract.ts';
import { endPort } from '../../../src/protocol/ranges.ts';

/** A system on which documents are applied while servers come and go. */
export interface Arena {
  /** The first of the ports that the documents are about. */
  first: number;
  apply(reservations: DesiredReservation[]): Promise<AppliedState>;
  reservations(): Promise<readonly Reservation[]>;
  /** Starts a server. */
  listen(protocol: Protocol, port: number): Promise<unknown>;
  /** Stops all of them. */
  stop(): Promise<unknown>;
}

const width = 14;
const protocols: DesiredReservation['protocol'][] = ['tcp', 'udp', ['tcp', 'udp']];

/** The same numbers for the same seed (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Up to four entries that do not overlap. */
function randomEntries(random: (below: number) => number, first: number): DesiredReservation[] {
  const entries: DesiredReservation[] = [];
  for (let offset = random(3); offset < width && entries.length < 4; ) {
    const numberOfPorts = Math.min(1 + random(5), width - offset);
    entries.push({ protocol: protocols[random(3)]!, startPort: first + offset, numberOfPorts });
    offset += numberOfPorts + random(3);
  }
  return entries.filter(() => random(5) > 0);
}

const portsOf = (protocol: Protocol, range: { startPort: number; numberOfPorts: number }): string[] =>
  Array.from({ length: endPort(range) - range.startPort + 1 }, (_, index) => `${protocol} ${range.startPort + index}`);

const desiredPorts = (entries: readonly DesiredReservation[]): string[] =>
  entries.flatMap(({ protocol, startPort, numberOfPorts = 1 }) =>
    [protocol].flat().flatMap((one) => portsOf(one, { startPort, numberOfPorts })),
  );

/**
 * Applies random documents, one after the other, while servers come and go: whatever fails, what was reserved and still is
 * desired stays reserved, and what succeeds is as desired.
 * @returns how many of them failed
 */
export async function applyRandomly(
  { first, apply, reservations, listen, stop }: Arena,
  seed: number,
  documents: number,
) {
  const random = numbers(seed);
  const reserved = async () => (await reservations()).flatMap(({ protocol, range }) => portsOf(protocol, range)).sort();
  let failures = 0;
  try {
    for (let count = 0; count < documents; count++) {
      if (random(3) === 0) await stop();
      // Where one is already, there is one.
      await listen(random(2) ? 'tcp' : 'udp', first + random(width)).catch(() => {});
      const entries = randomEntries(random, first);
      const desired = desiredPorts(entries).sort();
      const before = await reserved();
      const { failed } = await apply(entries);
      const after = await reserved();
      const about = `seed ${seed}, document ${count}: ${JSON.stringify(entries)}`;
      if (failed === 0) expect(after, about).toEqual(desired);
      else failures++;
      const lost = before.filter((port) => desired.includes(port) && !after.includes(port));
      expect(lost, about).toEqual([]);
    }
    return failures;
  } finally {
    await stop();
  }
}
