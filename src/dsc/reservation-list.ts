import { InvalidParamsError } from '../protocol/errors.ts';
import type { DscReservation, DscReservationList } from '../protocol/generated/contract.ts';
import { DscReservationList as isReservationList } from '../protocol/generated/validators.js';
import { checkRange, endPort, formatPorts, sameRange } from '../protocol/ranges.ts';
import { labelOf } from '../service/label.ts';
import type { PortService } from '../service/port-service.ts';
import { checked } from './input.ts';
import { absent } from './place.ts';
import { instanceOf, ReservationResource, requestOf } from './reservation.ts';
import type { Plan, Resource, Warn } from './resource.ts';

/** One reservation of a list as it is to be, beside what it is. */
interface Part {
  desired: DscReservation;
  current: DscReservation;
}

/**
 * The type PortReservation/ReservationList: many reservations, one process. What purge frees is what carries the list's
 * document and is no longer listed: whatever else there is on the machine has other owners.
 */
export class ReservationListResource implements Resource<DscReservationList> {
  readonly #service: PortService;
  readonly #one: ReservationResource;

  constructor(service: PortService, warn: Warn) {
    this.#service = service;
    this.#one = new ReservationResource(service, warn);
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

  async current(desired: DscReservationList): Promise<DscReservationList> {
    const { document } = desired;
    const reservations: DscReservation[] = [];
    for (const item of desired.reservations) reservations.push(await this.#one.current(item));
    if (desired._purge) reservations.push(...(await this.#unlisted(desired)));
    return { ...labelOf({ document }), reservations };
  }

  differences(desired: DscReservationList, current: DscReservationList): string[] {
    return this.#wrongParts(desired, current).length > 0 ? ['reservations'] : [];
  }

  marked(desired: DscReservationList, current: DscReservationList): DscReservationList {
    const reservations = partsOf(desired, current).map((part) => ({
      ...part.current,
      _inDesiredState: !this.#isWrong(part),
    }));
    return { ...current, reservations };
  }

  async apply(desired: DscReservationList, current: DscReservationList): Promise<void> {
    const wrong = this.#wrongParts(desired, current);
    const [leaving, coming] = [wrong.filter(isLeaving), wrong.filter((part) => !isLeaving(part))];
    const failures: unknown[] = [];
    const fail = (error: unknown) => void failures.push(error);
    // What gives ports back goes first: what comes may need them.
    for (const part of leaving) await this.#one.apply(part.desired, part.current).catch(fail);
    await this.#reserve(coming, fail).catch(fail);
    if (failures.length > 0) throw new AggregateError(failures);
  }

  complete(): Promise<void> {
    return this.#one.complete();
  }

  async plan(desired: DscReservationList, current: DscReservationList): Promise<Plan<DscReservationList>> {
    const leaving = this.#wrongParts(desired, current)
      .filter(isLeaving)
      .map((part) => part.desired);
    const reservations: DscReservation[] = [];
    const whatIf: string[] = [];
    for (const part of partsOf(desired, current)) {
      if (!this.#isWrong(part)) {
        reservations.push(part.current);
        continue;
      }
      const planned = await this.#one.plan(part.desired, part.current, leaving);
      reservations.push(planned.state);
      whatIf.push(...planned.whatIf);
    }
    return { state: { ...current, reservations: reservations.slice(0, desired.reservations.length) }, whatIf };
  }

  /** Makes all of them in one change of the ledger, each for itself. */
  async #reserve(parts: readonly Part[], fail: (error: unknown) => void): Promise<void> {
    if (parts.length === 0) return;
    const requests = parts.map(({ desired, current }) => requestOf(desired, current));
    for (const outcome of await this.#service.createEach(requests)) {
      if (outcome.status === 'rejected') fail(outcome.reason);
    }
  }

  /** What carries the document and is not listed. */
  async #unlisted({ document, reservations: listed }: DscReservationList): Promise<DscReservation[]> {
    const { reservations } = await this.#service.list({ document, lifetime: 'persistent' });
    const places = new Set(listed.map(keyOf));
    return reservations.map(instanceOf).filter((item) => !places.has(keyOf(item)));
  }

  #wrongParts(desired: DscReservationList, current: DscReservationList): Part[] {
    return partsOf(desired, current).filter((part) => this.#isWrong(part));
  }

  #isWrong({ desired, current }: Part): boolean {
    return this.#one.differences(desired, current).length > 0;
  }
}

const invalid = (field: string, message: string) => new InvalidParamsError([{ field, message }]);

const keyOf = (item: DscReservation) => formatPorts(item.protocol, item);

const isToGo = ({ _exist }: DscReservation) => _exist === false;

const isLeaving = ({ desired }: Part) => isToGo(desired);

/** The listed reservations in their order, and behind them those that are no longer listed. */
const partsOf = (desired: DscReservationList, { reservations }: DscReservationList): Part[] =>
  reservations.map((current, index) => ({
    desired: desired.reservations[index] ?? { ...absent(current), ...labelOf({ document: desired.document }) },
    current,
  }));

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
