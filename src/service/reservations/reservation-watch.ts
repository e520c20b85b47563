import type { Ledger, LedgerListeners } from '../../ledger/ledger.ts';
import type { Reservation, ReservationChangedParams } from '../../protocol/generated/contract.ts';
import type { KnownReservations } from './known-reservations.ts';

/** A watch of the reservations. */
export interface ReservationWatch {
  /** Ends it: nothing more is told. A second call does nothing. */
  close(): void;
}

/** Whom a watch of the reservations tells. */
export interface WatchListeners extends Pick<LedgerListeners, 'onTrouble'> {
  /** The next change is told when this has settled, with all that came meanwhile. */
  onChange: (change: ReservationChangedParams) => unknown;
}

/** A token may change and the reservation is the same. */
const identityOf = ({ token: _, ...rest }: Reservation): string => JSON.stringify(rest);

/** Remembers what the reservations were, to say what has changed. */
export class ReservationChanges {
  #before = new Map<string, Reservation>();

  /** What has been added and removed since the last time; undefined when nothing has. */
  since(reservations: readonly Reservation[]): ReservationChangedParams | undefined {
    const before = this.#before;
    const now = new Map(reservations.map((item) => [identityOf(item), item]));
    this.#before = now;
    const added = [...now].filter(([identity]) => !before.has(identity)).map(([, item]) => item);
    const removed = [...before].filter(([identity]) => !now.has(identity)).map(([, item]) => item);
    return added.length + removed.length > 0 ? { added, removed } : undefined;
  }
}

/** Tells what is added to the ledger and removed from it; what is there already is not told. */
async function watchReservations(
  ledger: Ledger,
  known: KnownReservations,
  { onChange, onTrouble }: WatchListeners,
): Promise<ReservationWatch> {
  const changes = new ReservationChanges();
  let hasBegun = false;
  const watch = await ledger.watch({
    onRecords: async (records) => {
      const change = changes.since(await known.verified(records));
      if (hasBegun && change) await onChange(change);
    },
    onTrouble,
  });
  hasBegun = true;
  return watch;
}

/** The watches of one service, which end with it. */
export class ReservationWatches {
  readonly #ledger: Ledger;
  readonly #known: KnownReservations;
  readonly #begun = new Set<ReservationWatch>();
  #isClosed = false;

  constructor(ledger: Ledger, known: KnownReservations) {
    this.#ledger = ledger;
    this.#known = known;
  }

  async begin(listeners: WatchListeners): Promise<ReservationWatch> {
    const inner = await watchReservations(this.#ledger, this.#known, listeners);
    const watch = {
      close: () => {
        inner.close();
        this.#begun.delete(watch);
      },
    };
    this.#begun.add(watch);
    // It took its first look while the service was closed.
    if (this.#isClosed) watch.close();
    return watch;
  }

  close(): void {
    this.#isClosed = true;
    for (const watch of this.#begun) watch.close();
  }
}
