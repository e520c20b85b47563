import type { Desired, DesiredItem } from '../desired-state/items.ts';
import { checked } from '../protocol/check.ts';
import { ServiceError } from '../protocol/errors.ts';
import type { DscFilter, DscReservation } from '../protocol/generated/contract.ts';
import { DscFilter as isFilter, DscReservation as isReservation } from '../protocol/generated/validators/documents.js';
import { checkRange, formatPorts } from '../protocol/ranges.ts';
import { labelOf } from '../service/label.ts';
import type { PortService } from '../service/port-service.ts';
import type { Present } from '../service/present.ts';
import { agrees, type Part, type Resource, rangeOf, type Warn } from './resource.ts';

/** The type PortReservation/Reservation: one persistent reservation of exactly one range. */
export class ReservationResource implements Resource<DscReservation> {
  readonly #service: PortService;
  readonly #warn: Warn;
  readonly canBeDeleted = true;

  constructor(service: PortService, warn: Warn) {
    this.#service = service;
    this.#warn = warn;
  }

  parse(input: unknown): DscReservation {
    const { document: _, ...instance } = checked(isReservation, input);
    checkRange(instance, 'numberOfPorts');
    return instance;
  }

  desired(instance: DscReservation): Desired {
    return { items: [itemOf(instance)], document: undefined, prune: false };
  }

  async present({ protocol, ...place }: DscReservation): Promise<Present> {
    const found = this.#service.lookup({ protocol, range: rangeOf({ protocol, ...place }) });
    const { reservations } = (await unlessNotFound(found)) ?? { reservations: [] };
    return { reservations, exclusions: [], warnings: [], isOverridden: await this.#service.isOverridden() };
  }

  instanceOf(_: DscReservation, [part]: readonly Part[]): DscReservation {
    return part!;
  }

  differing([properties = []]: readonly string[][]): string[] {
    return properties;
  }

  parseFilter(input: unknown): DscFilter {
    return checked(isFilter, input);
  }

  async all(filter: DscFilter): Promise<DscReservation[]> {
    const { reservations, warnings = [] } = await this.#service.list({ lifetime: 'persistent' });
    for (const warning of warnings) this.#warn(warning);
    const usual = this.#service.capabilities.persistent;
    const wanted = reservations.filter((one) => agrees(filter, one));
    return wanted.map(({ protocol, range, document: _, enforcement, allow, inUse, ...rest }) => ({
      _name: formatPorts(protocol, range),
      protocol,
      ...range,
      ...(enforcement === 'kernel' && usual !== 'kernel' && { enforcement, ...(allow && { allow }) }),
      ...(inUse && { inUse }),
      ...labelOf(rest),
    }));
  }
}

/** What the instance asks for; what it leaves out stays as it is. */
export function itemOf(instance: DscReservation, path: string[] = []): DesiredItem {
  const { userId: _, ...allow } = instance.allow ?? {};
  return {
    kind: 'reservation',
    protocols: [instance.protocol],
    range: rangeOf(instance),
    exist: instance._exist !== false,
    store: undefined,
    enforcement: instance.enforcement,
    allow: instance.allow && allow,
    allowsUse: instance.inUse === 'allow',
    label: labelOf(instance),
    isPartial: true,
    path,
  };
}

/** The result, or undefined where there is no such thing. */
async function unlessNotFound<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof ServiceError && error.errorName === 'NotFound') return undefined;
    throw error;
  }
}
