import type { Ledger } from '../ledger/ledger.ts';
import type { Provider } from '../providers/provider.ts';
import type { KnownReservations } from './reservations/known-reservations.ts';
import type { Granted } from './reservations/obtained.ts';

/** What all parts of one service work with. */
export interface Core {
  readonly provider: Provider;
  readonly ledger: Ledger;
  readonly known: KnownReservations;
  /** The runtime reservations held here: another service of the same process has the same owner. */
  readonly held: Map<string, Granted>;
}
