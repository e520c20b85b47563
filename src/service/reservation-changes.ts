import type { Reservation, ReservationChangedParams } from '../protocol/generated/contract.ts';

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
