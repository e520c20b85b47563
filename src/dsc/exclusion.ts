import type { Desired, DesiredItem } from '../desired-state/items.ts';
import { checked } from '../protocol/check.ts';
import type { DscExclusion, DscFilter, ExclusionStore } from '../protocol/generated/contract.ts';
import { DscExclusion as isExclusion, DscFilter as isFilter } from '../protocol/generated/validators/documents.js';
import { checkRange, formatPorts } from '../protocol/ranges.ts';
import { labelOf } from '../service/label.ts';
import type { PortService } from '../service/port-service.ts';
import type { Present } from '../service/present.ts';
import { agrees, type Part, type Resource, rangeOf, type Warn } from './resource.ts';

/** What is asked for, with the default filled in. */
type Asked = DscExclusion & { store: ExclusionStore };

/** The type PortReservation/Exclusion: one range that is kept out of automatic choice. */
export class ExclusionResource implements Resource<DscExclusion> {
  readonly #service: PortService;
  readonly #warn: Warn;
  readonly canBeDeleted = true;

  constructor(service: PortService, warn: Warn) {
    this.#service = service;
    this.#warn = warn;
  }

  parse(input: unknown): Asked {
    const { document: _, ...instance } = checked(isExclusion, input);
    checkRange(instance, 'numberOfPorts');
    return { store: 'persistent', ...instance };
  }

  desired(instance: DscExclusion): Desired {
    const item: DesiredItem = {
      kind: 'exclusion',
      protocols: [instance.protocol],
      range: rangeOf(instance),
      exist: instance._exist !== false,
      store: instance.store,
      enforcement: undefined,
      allowsUse: false,
      allow: undefined,
      label: labelOf(instance),
      isPartial: true,
      path: [],
    };
    return { items: [item], document: undefined, prune: false };
  }

  async present({ protocol, startPort }: DscExclusion): Promise<Present> {
    const { exclusions } = await this.#service.listExclusions({ protocol, port: startPort });
    return { reservations: [], exclusions, warnings: [], isOverridden: await this.#service.isOverridden() };
  }

  instanceOf(_: DscExclusion, [part]: readonly Part[]): DscExclusion {
    return part!;
  }

  differing([properties = []]: readonly string[][]): string[] {
    return properties;
  }

  parseFilter(input: unknown): DscFilter {
    return checked(isFilter, input);
  }

  async all(filter: DscFilter): Promise<DscExclusion[]> {
    const { exclusions, warnings = [] } = await this.#service.listExclusions({ own: true });
    for (const warning of warnings) this.#warn(warning);
    const wanted = exclusions.filter((one) => agrees(filter, one));
    return wanted.map(({ protocol, range, store, document: _, ...rest }) => ({
      _name: formatPorts(protocol, range),
      protocol,
      ...range,
      store,
      ...labelOf(rest),
    }));
  }
}
