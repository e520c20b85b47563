import type { DscExclusion, ExclusionStore, PortExclusion } from '../protocol/generated/contract.ts';
import { DscExclusion as isExclusion } from '../protocol/generated/validators.js';
import { checkRange, formatPorts, sameRange } from '../protocol/ranges.ts';
import { alreadyThere, holdsAll, lasts } from '../service/exclusions/rules.ts';
import { labelOf } from '../service/label.ts';
import type { PortService } from '../service/port-service.ts';
import { refuseOverlap } from '../service/refusals.ts';
import { differencesOf } from './differences.ts';
import { checked } from './input.ts';
import { absent, placeOf, refusalOf, settingOf, unlessNotFound } from './place.ts';
import type { Plan, Resource, Warn } from './resource.ts';

const labels = ['name', 'reason'] as const;

const until = { persistent: 'for good', active: 'until the next restart' };

/** What is asked for, with the default filled in. */
type Asked = DscExclusion & { store: ExclusionStore };

/** The type PortReservation/Exclusion: one range that is kept out of automatic choice. */
export class ExclusionResource implements Resource<DscExclusion, Asked> {
  readonly #service: PortService;
  readonly #warn: Warn;

  constructor(service: PortService, warn: Warn) {
    this.#service = service;
    this.#warn = warn;
  }

  parse(input: unknown): Asked {
    const { document: _, ...instance } = checked(isExclusion, input);
    checkRange(instance, 'numberOfPorts');
    return { store: 'persistent', ...instance };
  }

  async current(desired: Asked): Promise<DscExclusion> {
    const { protocol, range } = placeOf(desired);
    const { exclusions } = await this.#service.listExclusions({ protocol, port: range.startPort });
    const administered = exclusions.filter((item) => item.administered);
    const exact = administered.find((item) => sameRange(item.range, range));
    // What somebody else made does as well, where it holds all of the range; but a part of it cannot be removed.
    const wider = administered.find((item) => !item.own && holdsAll(item.range, range));
    const found = exact ?? (desired._exist === false ? undefined : wider);
    return found ? instanceOf({ ...found, range }) : absent(desired);
  }

  differences(desired: Asked, current: DscExclusion): string[] {
    const { store = 'active', own } = current;
    const comparable = lasts({ store }, desired.store) ? { ...current, store: desired.store } : current;
    // What others made has no label, and cannot have one.
    return differencesOf(desired, comparable, own === false ? ['store'] : ['store', ...labels]);
  }

  async apply(desired: Asked, current: DscExclusion): Promise<void> {
    if (desired._exist === false) {
      await unlessNotFound(this.#service.removeExclusion(placeOf(desired)));
      return;
    }
    await this.#service.addExclusion({
      ...placeOf(desired),
      store: desired.store,
      // What is not asked for stays as it is.
      ...labelOf({ ...current, ...labelOf(desired) }),
      ifExists: 'update',
    });
  }

  complete(): Promise<void> {
    return this.#service.settle();
  }

  async plan(desired: Asked, current: DscExclusion): Promise<Plan<DscExclusion>> {
    const ports = formatPorts(desired.protocol, desired);
    if (desired._exist === false) {
      return { state: absent(desired), whatIf: [`Would give ${ports} back to automatic choice.`] };
    }
    const refusal = await this.#refusal(desired);
    if (refusal) return { state: current, whatIf: [refusal] };
    const state = { ...current, _exist: true, store: desired.store, ...labelOf(desired) };
    if (current._exist === false) {
      return { state, whatIf: [`Would keep ${ports} out of automatic choice ${until[desired.store]}.`] };
    }
    const changed = this.differences(desired, current) as ('store' | 'name' | 'reason')[];
    return { state, whatIf: changed.map((property) => settingOf(property, ports, state[property])) };
  }

  async all(): Promise<DscExclusion[]> {
    const { exclusions, warnings = [] } = await this.#service.listExclusions();
    for (const warning of warnings) this.#warn(warning);
    return exclusions
      .filter((item) => item.own)
      .map(({ protocol, range, store, name, reason }) => ({
        _name: formatPorts(protocol, range),
        protocol,
        ...range,
        store,
        ...labelOf({ name, reason }),
      }));
  }

  /** Why it could not be made, as far as that is known beforehand. */
  async #refusal(desired: Asked): Promise<string | undefined> {
    const place = placeOf(desired);
    const { exclusions } = await this.#service.listExclusions({ protocol: desired.protocol });
    const { reservations } = await this.#service.list({ protocol: desired.protocol });
    return refusalOf(() => {
      if (!alreadyThere({ ...place, store: desired.store }, exclusions)) refuseOverlap(place.range, reservations);
    });
  }
}

function instanceOf({ protocol, range, administered: _, ...rest }: PortExclusion): DscExclusion {
  return { protocol, ...range, _exist: true, ...rest };
}
