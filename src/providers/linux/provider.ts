import type { Host } from '../../host.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type {
  Admission,
  Allow,
  Capabilities,
  ExclusionRecord,
  PortRange,
  Protocol,
  ProviderName,
  RecordState,
  Reservation,
} from '../../protocol/generated/contract.ts';
import { isEmpty, minus, PortSet, rangesWithout } from '../../protocol/port-set.ts';
import { formatPorts, holdsPort, keyOf, overlap } from '../../protocol/ranges.ts';
import type { Excluder, ExclusionRequest } from '../excluder.ts';
import type {
  Claim,
  Conditions,
  Inspection,
  InspectionOptions,
  LineMover,
  Overview,
  PortFacts,
  Provider,
  Recorded,
  Survey,
  SystemCommands,
} from '../provider.ts';
import { LedgerProvider } from '../sockets/provider.ts';
import { listName } from './exclusion-table.ts';
import { isKernels, KernelKeeper } from './kernel/keeper.ts';
import { unitCommand } from './kernel/unit-command.ts';
import { settleListUnit } from './kernel/units.ts';
import { ReservedPorts } from './reserved-ports.ts';
import { type SysctlPaths, systemPaths } from './sysctl-files.ts';

/**
 * What the ledger provider does, and for persistent reservations what Linux has for them: the list of ports the system
 * does not hand out by itself. It stops no bind by number, hence `ephemeralOnly`. Where it is asked for, the kernel refuses
 * binds, too.
 */
export class LinuxProvider implements Provider {
  readonly name: ProviderName = 'linux';
  readonly capabilities: Capabilities;
  readonly choices = { runtime: ['kernel'], persistent: ['kernel'] } as const;
  readonly commands: SystemCommands;
  readonly excluder: Excluder;
  readonly lineMover: LineMover;
  readonly #host: Host;
  readonly #base: LedgerProvider;
  readonly #reserved: ReservedPorts;
  readonly #kernel: KernelKeeper;

  /** @param home gives the ledger's folder, for which the kernel's reservations are restored at boot */
  constructor(host: Host, { paths = systemPaths, home = () => '' }: { paths?: SysctlPaths; home?: () => string } = {}) {
    this.#host = host;
    this.#base = new LedgerProvider(host);
    this.commands = this.#base.commands;
    this.capabilities = { ...this.#base.capabilities, persistent: 'ephemeralOnly' };
    this.#reserved = new ReservedPorts(paths, host);
    this.#kernel = new KernelKeeper(host, home);
    this.excluder = excluderOf(this.#reserved, () => this.#settleListUnit());
    this.lineMover = { moveLine: (whatIf) => this.#reserved.moveLine(whatIf) };
  }

  dynamicRange(): Promise<PortRange> {
    return this.#base.dynamicRange();
  }

  isServed(protocol: Protocol, range: PortRange): Promise<boolean> {
    return this.#base.isServed(protocol, range);
  }

  async survey(protocol: Protocol, sockets: boolean): Promise<Survey> {
    const reserved = this.#reserved;
    return {
      ...(await this.#base.survey(protocol, sockets)),
      get excluded() {
        return reserved.excluded();
      },
    };
  }

  firstRefused(protocol: Protocol, range: PortRange, signal?: AbortSignal): Promise<number | undefined> {
    return this.#base.firstRefused(protocol, range, signal);
  }

  async inspect(protocol: Protocol, ranges: readonly PortRange[], options?: InspectionOptions): Promise<Inspection> {
    const inspection = await this.#base.inspect(protocol, ranges, options);
    const refused = inspection.ports.filter(({ refusals, holders }) => holders.length === 0 && isRefused(refusals));
    const gated = refused.length > 0 ? await this.#kernel.ranges(protocol) : [];
    for (const facts of refused) {
      const gate = gated.find(({ range }) => holdsPort(range, facts.port));
      if (gate) facts.gate = gate;
    }
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

  isUsedByOthers(protocol: Protocol, range: PortRange): Promise<boolean> {
    return this.#base.isUsedByOthers(protocol, range);
  }

  overview(protocol: Protocol, signal?: AbortSignal): Promise<Overview> {
    return this.#base.overview(protocol, signal);
  }

  admission(allow: Allow): Promise<Admission> {
    return this.#kernel.admission(allow);
  }

  prepare(): Promise<unknown> {
    return this.#base.prepare();
  }

  async claim(claim: Claim): Promise<bigint> {
    await this.#checkList(claim);
    return isKernels(claim) ? this.#kernel.claim(claim) : this.#base.claim(claim);
  }

  async check(claim: Claim): Promise<void> {
    await this.#checkList(claim);
    await (isKernels(claim) ? this.#kernel.check(claim) : this.#base.check(claim));
  }

  async #checkList(claim: Claim): Promise<void> {
    if (claim.lifetime === 'persistent') this.#checkPersistent(claim);
    else if (isKernels(claim)) await this.#refuseHandedOut(claim);
  }

  /** The kernel's gate is not asked by automatic choice, and a runtime reservation is in no list that keeps that away. */
  async #refuseHandedOut({ protocol, range }: Claim): Promise<void> {
    const dynamic = await this.dynamicRange();
    if (!overlap(dynamic, range) || isEmpty(minus(PortSet.of([range]), this.#reserved.excluded()))) return;
    const target = formatPorts(protocol, range);
    throw new ServiceError('NotSupported', `The system hands out ports of ${target} by itself, without asking.`, {
      target,
      hint: 'Choose ports outside of the dynamic range, exclude these first, or make the reservation persistent.',
    });
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
    asked: readonly Reservation[] = [],
  ): Promise<void> {
    await this.#reserved.settle({ reservations, exclusions, freed });
    await this.#settleListUnit();
    await this.#kernel.settle(reservations, freed, { isStrict: asked.some(isKernels) });
  }

  /** The file does its work without it, as long as nobody changes another one. */
  async #settleListUnit(): Promise<void> {
    const { file, isThere } = this.#reserved;
    try {
      await settleListUnit({ isNeeded: isThere, command: () => unitCommand(this.#host), file });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
    }
  }

  async checkSettled(
    reservations: readonly Reservation[],
    exclusions: readonly ExclusionRecord[] = [],
    freed: readonly Reservation[] = [],
  ): Promise<void> {
    this.#reserved.checkSettled({ reservations, exclusions, freed });
    await this.#kernel.checkSettled(freed);
  }

  async release(reservation: Reservation): Promise<void> {
    if (isKernels(reservation)) await this.#kernel.release(reservation);
    if (reservation.lifetime === 'persistent') {
      await this.#reserved.release(reservation);
      await this.#settleListUnit();
    } else if (!isKernels(reservation)) await this.#base.release(reservation);
  }

  async conditions(records: readonly Recorded[]): Promise<Conditions> {
    const found = this.#reserved.conditions(records);
    const lost = await this.#kernel.lost(records);
    const isPassing = records.some(isKernels) && this.#kernel.restoresAtBoot() === false;
    const states = records.map((record, index): RecordState => {
      const state = found.states[index] ?? 'inForce';
      if (lost.has(record) || state === 'lost') return 'lost';
      return isPassing && isKernels(record) ? 'lostAtBoot' : state;
    });
    if (found.states.length === 0 && lost.size === 0 && !isPassing) return found;
    const told = (those: readonly Recorded[]) => those.map(keyOf).join(', ');
    const warnings = [...found.warnings];
    if (lost.size > 0) {
      warnings.push(
        `The kernel does not enforce what is recorded: ${told([...lost])}. The gate was taken away, or not restored; the next change puts it back.`,
      );
    }
    if (isPassing) {
      warnings.push(
        `No unit of systemd makes the kernel enforce it at the next restart: ${told(records.filter(isKernels))}. The next change writes it.`,
      );
    }
    return { ...found, states, warnings };
  }

  probe(reservation: Reservation, ports: PortRange): Promise<number> {
    return (isKernels(reservation) ? this.#kernel : this.#base).probe(reservation, ports);
  }

  admitChildren(reservations: readonly Reservation[]): Promise<void> {
    return this.#kernel.admitChildren(reservations);
  }

  async close(): Promise<void> {
    this.#base.close();
    await this.#kernel.close();
  }
}

const isRefused = ({ ipv4, ipv6 }: PortFacts['refusals']) => ipv4 !== undefined || ipv6 !== undefined;

/** The list as what keeps ports out of automatic choice. */
function excluderOf(reserved: ReservedPorts, settleUnit: () => Promise<void>): Excluder {
  const withoutNat = (request: ExclusionRequest): ExclusionRequest => {
    if (request.restartNat) throw noNat(request);
    return request;
  };
  return {
    list: async (protocols, recorded) => reserved.exclusions(protocols, recorded),
    add: async (request) => {
      const exclusion = await reserved.exclude(withoutNat(request));
      await settleUnit();
      return exclusion;
    },
    checkAddition: async (request) => reserved.checkExclusion(withoutNat(request)),
    remove: async (exclusion, own) => {
      await reserved.unexclude(exclusion, own);
      await settleUnit();
    },
    checkRemoval: async (exclusion, own) => reserved.checkRemoval(exclusion, own),
  };
}

const noNat = ({ protocol, range }: ExclusionRequest) =>
  new ServiceError('NotSupported', 'WinNAT is of Windows: on Linux there is nothing to restart for an exclusion.', {
    target: formatPorts(protocol, range),
    hint: 'Leave restartNat out.',
  });
