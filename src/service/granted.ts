import type { LedgerRecord, PortRange, Protocol, Token } from '../protocol/generated/contract.ts';
import { formatPorts } from '../protocol/ranges.ts';

/** A reservation made here: owner, time and token are known. */
export type Granted = LedgerRecord & { token: Token };

/** What tells reservations apart: no two share a port of one protocol. */
export const keyOf = ({ protocol, range }: { protocol: Protocol; range: PortRange }): string =>
  formatPorts(protocol, range);
