import type { DscReservation, Reservation, ReservationCreateAllParams } from '../protocol/generated/contract.ts';
import { DscReservation as isReservation } from '../protocol/generated/validators.js';
import { checkRange, formatPorts } from '../protocol/ranges.ts';
import { labelOf } from '../service/label.ts';
import type { PortService } from '../service/port-service.ts';
import { refuseOverlap } from '../service/refusals.ts';
import { differencesOf } from './differences.ts';
import { checked } from './input.ts';
import { absent, placeOf, refusalOf, settingOf, unlessNotFound } from './place.ts';
import type { Plan, Resource, Warn } from './resource.ts';

/** What may be asked of a reservation beside its ports; the document only by a list. */
const managed = ['name', 'reason', 'document'] as const;

/** The type PortReservation/Reservation: one persistent reservation of exactly one range. */
export class ReservationResource implements Resource<DscReservation> {
  readonly #service: PortService;
  readonly #warn: Warn;

  constructor(service: PortService, warn: Warn) {
    this.#service = service;
    this.#warn = warn;
  }

  parse(input: unknown): DscReservation {
    const { document: _, ...instance } = checked(isReservation, input);
    checkRange(instance, 'numberOfPorts');
    return instance;
  }

  async current(desired: DscReservation): Promise<DscReservation> {
    const found = await unlessNotFound(this.#service.lookup(placeOf(desired)));
    return found?.lifetime === 'persistent' ? instanceOf(found) : absent(desired);
  }

  differences(desired: DscReservation, current: DscReservation): string[] {
    return differencesOf(desired, current, managed);
  }

  async apply(desired: DscReservation, current: DscReservation): Promise<void> {
    if (desired._exist === false) {
      const { document } = desired;
      await unlessNotFound(this.#service.release({ ...placeOf(desired), ...labelOf({ document }) }));
      return;
    }
    await this.#service.createAll(requestOf(desired, current));
  }

  complete(): Promise<void> {
    return this.#service.settle();
  }

  /** @param leaving what goes before, and so is in nobody's way */
  async plan(
    desired: DscReservation,
    current: DscReservation,
    leaving: readonly DscReservation[] = [],
  ): Promise<Plan<DscReservation>> {
    const ports = formatPorts(desired.protocol, desired);
    if (desired._exist === false) return { state: absent(desired), whatIf: [`Would free ${ports}.`] };
    const state = { ...current, _exist: true, ...labelOf(desired) };
    if (current._exist === false) {
      const refusal = await this.#refusal(desired, leaving);
      if (refusal) return { state: current, whatIf: [refusal] };
      return { state, whatIf: [`Would reserve ${ports} persistently.`] };
    }
    if (current.document !== undefined && state.document !== current.document) {
      const whatIf = [`Would fail: ${ports} belongs to the document ${JSON.stringify(current.document)}.`];
      return { state: current, whatIf };
    }
    const changed = managed.filter((property) => state[property] !== current[property]);
    return { state, whatIf: changed.map((property) => settingOf(property, ports, state[property])) };
  }

  async all(): Promise<DscReservation[]> {
    const { reservations, warnings = [] } = await this.#service.list({ lifetime: 'persistent' });
    for (const warning of warnings) this.#warn(warning);
    return reservations.map(({ protocol, range, name, reason }) => ({
      _name: formatPorts(protocol, range),
      protocol,
      ...range,
      ...labelOf({ name, reason }),
    }));
  }

  /** Why it could not be reserved, as far as that is known beforehand. */
  async #refusal({ protocol, ...range }: DscReservation, leaving: readonly DscReservation[]) {
    const { reservations } = await this.#service.list({ protocol });
    const gone = new Set(leaving.map((item) => formatPorts(item.protocol, item)));
    const staying = reservations.filter((item) => !gone.has(formatPorts(item.protocol, item.range)));
    return refusalOf(() => refuseOverlap(range, staying));
  }
}

/** What makes it as desired. What is not asked for stays as it is. */
export function requestOf(desired: DscReservation, current: DscReservation): ReservationCreateAllParams {
  const { protocol, startPort, numberOfPorts } = desired;
  const label = labelOf({ ...current, ...labelOf(desired) });
  return { protocol: [protocol], startPort, numberOfPorts, lifetime: 'persistent', ...label, ifExists: 'update' };
}

/** The reservation as an instance. */
export function instanceOf({ protocol, range, lifetime: _, ...rest }: Reservation): DscReservation {
  return { protocol, ...range, _exist: true, ...rest };
}
