import type { Host } from '../../host.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type {
  Capabilities,
  ExclusionRecord,
  PortRange,
  Protocol,
  ProviderName,
  Reservation,
} from '../../protocol/generated/contract.ts';
import { rangesWithout } from '../../protocol/port-set.ts';
import { formatPorts, holdsPort } from '../../protocol/ranges.ts';
import type { Excluder, ExclusionRequest } from '../excluder.ts';
import type {
  Claim,
  Conditions,
  Inspection,
  InspectionOptions,
  Overview,
  Provider,
  Recorded,
  Survey,
  SystemCommands,
} from '../provider.ts';
import { LedgerProvider } from '../sockets/provider.ts';
import { listName } from './exclusion-table.ts';
import { ReservedPorts } from './reserved-ports.ts';
import { type SysctlPaths, systemPaths } from './sysctl-files.ts';

/**
 * What the ledger provider does, and for persistent reservations what Linux has for them: the list of ports the system
 * does not hand out by itself. It stops no bind by number, hence `ephemeralOnly`.
 */
export class LinuxProvider implements Provider {
  readonly name: ProviderName = 'linux';
  readonly capabilities: Capabilities;
  readonly commands: SystemCommands;
  readonly excluder: Excluder;
  readonly #base: LedgerProvider;
  readonly #reserved: ReservedPorts;

  constructor(host: Host, paths: SysctlPaths = systemPaths) {
    this.#base = new LedgerProvider(host);
    this.commands = this.#base.commands;
    this.capabilities = { ...this.#base.capabilities, persistent: 'ephemeralOnly' };
    this.#reserved = new ReservedPorts(paths, host);
    this.excluder = excluderOf(this.#reserved);
  }

  dynamicRange(): Promise<PortRange> {
    return this.#base.dynamicRange();
  }

  async survey(protocol: Protocol, sockets: boolean): Promise<Survey> {
    return { ...(await this.#base.survey(protocol, sockets)), excluded: this.#reserved.excluded() };
  }

  firstRefused(protocol: Protocol, range: PortRange, signal?: AbortSignal): Promise<number | undefined> {
    return this.#base.firstRefused(protocol, range, signal);
  }

  async inspect(protocol: Protocol, ranges: readonly PortRange[], options?: InspectionOptions): Promise<Inspection> {
    const inspection = await this.#base.inspect(protocol, ranges, options);
    const excluded = this.#reserved.excluded();
    const kept = inspection.ports.filter(({ port }) => excluded.has(port));
    if (kept.length === 0) return inspection;
    const excludedRanges = excluded.ranges();
    const lasting = this.#reserved.lasting();
    for (const facts of kept) {
      const range = excludedRanges.find((one) => holdsPort(one, facts.port))!;
      const store = lasting.has(facts.port) ? 'persistent' : 'active';
      facts.exclusion = { protocol, range, store, source: listName, administered: true };
    }
    return inspection;
  }

  overview(protocol: Protocol, signal?: AbortSignal): Promise<Overview> {
    return this.#base.overview(protocol, signal);
  }

  async claim(claim: Claim): Promise<bigint> {
    if (claim.lifetime === 'persistent') this.#checkPersistent(claim);
    return this.#base.claim(claim);
  }

  async check(claim: Claim): Promise<void> {
    if (claim.lifetime === 'persistent') this.#checkPersistent(claim);
    await this.#base.check(claim);
  }

  #checkPersistent({ protocol, range, replacing = [], look }: Claim): void {
    const fresh = rangesWithout(
      range,
      replacing.map((one) => one.range),
    );
    this.#reserved.check(protocol, { range, fresh }, look);
  }

  async settle(
    reservations: readonly Reservation[],
    exclusions: readonly ExclusionRecord[] = [],
    freed: readonly Reservation[] = [],
  ): Promise<void> {
    await this.#reserved.settle({ reservations, exclusions, freed });
  }

  async checkSettled(
    reservations: readonly Reservation[],
    exclusions: readonly ExclusionRecord[] = [],
    freed: readonly Reservation[] = [],
  ): Promise<void> {
    this.#reserved.checkSettled({ reservations, exclusions, freed });
  }

  async release(reservation: Reservation): Promise<void> {
    if (reservation.lifetime === 'persistent') await this.#reserved.release(reservation);
    else await this.#base.release(reservation);
  }

  conditions(records: readonly Recorded[]): Conditions {
    return this.#reserved.conditions(records);
  }

  probe(reservation: Reservation, ports: PortRange): Promise<number> {
    return this.#base.probe(reservation, ports);
  }

  close(): void {
    this.#base.close();
  }
}

/** The list as what keeps ports out of automatic choice. */
function excluderOf(reserved: ReservedPorts): Excluder {
  const withoutNat = (request: ExclusionRequest): ExclusionRequest => {
    if (request.restartNat) throw noNat(request);
    return request;
  };
  return {
    list: async (protocols, recorded) => reserved.exclusions(protocols, recorded),
    add: async (request) => reserved.exclude(withoutNat(request)),
    checkAddition: async (request) => reserved.checkExclusion(withoutNat(request)),
    remove: (exclusion, own) => reserved.unexclude(exclusion, own),
    checkRemoval: async (exclusion, own) => reserved.checkRemoval(exclusion, own),
  };
}

const noNat = ({ protocol, range }: ExclusionRequest) =>
  new ServiceError('NotSupported', 'WinNAT is of Windows: on Linux there is nothing to restart for an exclusion.', {
    target: formatPorts(protocol, range),
    hint: 'Leave restartNat out.',
  });
