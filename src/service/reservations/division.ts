import type { LedgerRecord, Owner, Reservation } from '../../protocol/generated/contract.ts';
import { endPort, holdsPort, keyOf } from '../../protocol/ranges.ts';
import { newToken } from '../../protocol/token.ts';
import type { Core } from '../core.ts';
import type { Granted } from './obtained.ts';

/** A port of a block, and whom it is for from now on. */
export interface Part {
  port: number;
  owner: Partial<Owner>;
}

/** What a block came to. */
export interface Divided {
  /** The reservations of each part, one for each protocol. */
  parts: Granted[][];
  /** What is left, in the same order of protocols. */
  rest: Granted[];
}

/**
 * Records ports of a runtime reservation held here as reservations of their own. What holds the ports stays as it is: it is
 * the record alone that changes, in one step. The rest is what lies behind the last part; what lies between two is freed with
 * the one before it.
 */
export async function divide(
  { ledger, held, provider }: Core,
  block: readonly Reservation[],
  parts: readonly Part[],
): Promise<Divided> {
  const sorted = [...parts].sort((a, b) => a.port - b.port);
  const keys = new Set(block.map(keyOf));
  return ledger.change(async (change) => {
    const divided: Divided = { parts: parts.map(() => []), rest: [] };
    const unused: LedgerRecord[] = [];
    for (const { protocol, range } of block) {
      const record = held.get(keyOf({ protocol, range }));
      if (!record) continue; // freed meanwhile
      const piece = (startPort: number, end: number, owner = {}): Granted => ({
        ...record,
        token: String(newToken()),
        range: { startPort, numberOfPorts: end - startPort + 1 },
        owner: { ...record.owner, ...owner },
      });
      let next = range.startPort;
      for (const part of sorted.filter(({ port }) => holdsPort(range, port))) {
        if (part.port > next) unused.push(piece(next, part.port - 1));
        divided.parts[parts.indexOf(part)]!.push(piece(part.port, part.port, part.owner));
        next = part.port + 1;
      }
      if (next <= endPort(range)) divided.rest.push(piece(next, endPort(range)));
    }
    const pieces = [...divided.parts.flat(), ...divided.rest];
    await change.write([...change.own.filter((item) => !keys.has(keyOf(item))), ...pieces]);
    for (const key of keys) held.delete(key);
    for (const item of pieces) held.set(keyOf(item), item);
    for (const item of unused) await provider.release(item);
    return divided;
  });
}
