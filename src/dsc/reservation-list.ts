import type { Desired } from '../desired-state/items.ts';
import { checked } from '../protocol/check.ts';
import { InvalidParamsError } from '../protocol/errors.ts';
import type { DscListFilter, DscReservation, DscReservationList } from '../protocol/generated/contract.ts';
import {
  DscListFilter as isFilter,
  DscReservationList as isReservationList,
} from '../protocol/generated/validators/documents.js';
import { checkRange, endPort, formatPorts, sameRange } from '../protocol/ranges.ts';
import { labelOf } from '../service/label.ts';
import type { PortService } from '../service/port-service.ts';
import type { Present } from '../service/present.ts';
import { itemOf } from './reservation.ts';
import { type Part, partOf, type Resource, type Warn } from './resource.ts';

/**
 * The type PortReservation/ReservationList: many reservations, one process. What purge frees is what carries the list's
 * document and is no longer listed: whatever else there is on the machine has other owners.
 */
export class ReservationListResource implements Resource<DscReservationList> {
  readonly #service: PortService;
  readonly #warn: Warn;
  readonly canBeDeleted = false;

  constructor(service: PortService, warn: Warn) {
    this.#service = service;
    this.#warn = warn;
  }

  parse(input: unknown): DscReservationList {
    const list = checked(isReservationList, input);
    const { document } = list;
    if (list._purge && document === undefined) {
      throw invalid('document', 'is required with _purge: only what carries it is freed');
    }
    const reservations = list.reservations.map(({ document: _, ...item }) => ({
      ...item,
      ...(item._exist !== false && labelOf({ document })),
    }));
    checkPlaces(reservations);
    return { ...list, reservations };
  }

  desired({ document, reservations, _purge }: DscReservationList): Desired {
    const items = reservations.map((one, index) => itemOf(one, ['reservations', String(index)]));
    const prune = _purge === true;
    return { items, document: prune ? document : undefined, prune };
  }

  async present(): Promise<Present> {
    const { reservations, warnings = [] } = await this.#service.list({ lifetime: 'persistent' });
    return { reservations, exclusions: [], warnings, isOverridden: await this.#service.isOverridden() };
  }

  instanceOf({ document }: DscReservationList, parts: readonly Part[]): DscReservationList {
    return { ...labelOf({ document }), reservations: [...parts] };
  }

  differing(ofParts: readonly string[][]): string[] {
    return ofParts.some((properties) => properties.length > 0) ? ['reservations'] : [];
  }

  async whole(): Promise<DscReservationList> {
    const { reservations } = await this.present();
    return { reservations: reservations.map((is) => partOf({ kind: 'reservation', is })) };
  }

  parseFilter(input: unknown): DscListFilter {
    return checked(isFilter, input);
  }

  /** A list for each document: what belongs to none is exported one by one, as Reservation. */
  async all({ document: wanted }: DscListFilter): Promise<DscReservationList[]> {
    const { reservations, warnings } = await this.present();
    for (const warning of warnings) this.#warn(warning);
    const lists = new Map<string, DscReservation[]>();
    for (const { protocol, range, document, ...rest } of reservations) {
      if (document === undefined || (wanted !== undefined && document !== wanted)) continue;
      const items = lists.get(document) ?? [];
      lists.set(document, [...items, { protocol, ...range, ...labelOf(rest) }]);
    }
    return [...lists].map(([document, items]) => ({ _name: document, document, reservations: items }));
  }
}

const invalid = (field: string, message: string) => new InvalidParamsError([{ field, message }]);

const keyOf = (item: DscReservation) => formatPorts(item.protocol, item);

const isToGo = ({ _exist }: DscReservation) => _exist === false;

/** Refuses ranges past the last port, and two reservations that cannot both be. */
function checkPlaces(reservations: readonly DscReservation[]): void {
  const listed = reservations.map((item, index) => ({ item, index }));
  for (const { item, index } of listed) checkRange(item, `reservations.${index}.numberOfPorts`);
  for (const protocol of ['tcp', 'udp'] as const) {
    const sorted = listed.filter(({ item }) => item.protocol === protocol);
    sorted.sort((a, b) => a.item.startPort - b.item.startPort);
    let reaching: Listed[] = [];
    for (const one of sorted) {
      reaching = reaching.filter(({ item }) => endPort(item) >= one.item.startPort);
      for (const other of reaching) checkPair(one.index < other.index ? [one, other] : [other, one]);
      reaching.push(one);
    }
  }
}

type Listed = { item: DscReservation; index: number };

/** Refuses two that share ports, unless they are different ones and one is to go. */
function checkPair([first, second]: readonly [Listed, Listed]): void {
  const [where, there] = [`reservations.${second.index}`, `reservations.${first.index}`];
  if (sameRange(first.item, second.item)) throw invalid(where, `is of the same ports as ${there}`);
  if (isToGo(first.item) || isToGo(second.item)) return;
  throw invalid(where, `overlaps ${there}, ${keyOf(first.item)}`);
}
