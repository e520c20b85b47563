import type { LedgerRecord, Protocol, Reservation, Token } from '../../protocol/generated/contract.ts';

/** A reservation made here: owner, time and token are known. */
export type Granted = LedgerRecord & { token: Token };

/** What one request comes to before it is recorded. */
export interface Obtained {
  protocols: readonly Protocol[];
  /** What was there already, as it is to be. */
  existing: readonly Reservation[];
  /** Of that, what gets another label. */
  changed: readonly LedgerRecord[];
  /** What was claimed from the system, and is given back where it cannot be recorded. */
  claimed: readonly LedgerRecord[];
  /** What could not be looked at when a range was chosen. */
  warnings?: readonly string[];
}

/** What came of a request. */
export interface Made {
  /** One for each protocol, in the order asked for. */
  reservations: Reservation[];
  /** Those of them that were not there before. */
  created: readonly Protocol[];
  /** Those that got another label. */
  updated: readonly Protocol[];
  /** What could not be looked at when the range was chosen. */
  warnings: readonly string[];
}

/** What came of the request, in the order of its protocols. */
export function madeOf({ protocols, existing, changed, claimed, warnings = [] }: Obtained): Made {
  const all = [...existing, ...claimed];
  return {
    reservations: protocols.map((protocol) => all.find((item) => item.protocol === protocol)!),
    created: claimed.map(({ protocol }) => protocol),
    updated: changed.map(({ protocol }) => protocol),
    warnings,
  };
}
