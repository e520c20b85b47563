import type { Host } from '../../host.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type {
  Capabilities,
  PortRange,
  Protocol,
  ProviderName,
  Reservation,
} from '../../protocol/generated/contract.ts';
import { PortSet, rangesWithout } from '../../protocol/port-set.ts';
import { formatPorts, maximumPort, overlap } from '../../protocol/ranges.ts';
import { newToken } from '../../protocol/token.ts';
import { dynamicRange, readDynamicRange } from '../proc/dynamic-range.ts';
import { addEnds } from '../proc/ends/ends.ts';
import { holdersOf } from '../proc/holders.ts';
import { lookAtNat, redirectedPorts } from '../proc/nat/look.ts';
import { socketsOf } from '../proc/processes.ts';
import { SocketOwners } from '../proc/socket-owners.ts';
import { portsInUse, rowsOn } from '../proc/socket-table.ts';
import { stateOf } from '../proc/tcp-states.ts';
import type {
  Claim,
  FoundHolder,
  Inspection,
  InspectionOptions,
  Overview,
  Provider,
  Survey,
  SystemCommands,
} from '../provider.ts';
import { firstUnprivilegedPort, portInUse } from './bind-error.ts';
import { firstPortInUse, probePorts, tryHandOver } from './bind-ports.ts';
import { bsdCommands, linuxCommands } from './commands.ts';
import { HeldPorts } from './held-ports.ts';
import { portSockets } from './port-sockets.ts';

/** Runtime reservations are held sockets; of a persistent one there is nothing but its record in the ledger. */
export class LedgerProvider implements Provider {
  readonly name: ProviderName = 'ledger';
  readonly capabilities: Capabilities;
  readonly commands: SystemCommands;
  readonly #host: Host;
  readonly #held = new HeldPorts();
  readonly #owners = new SocketOwners();

  constructor(host: Host) {
    this.#host = host;
    // Elsewhere a server would be refused in spite of SO_REUSEADDR, since the holder has the very same address.
    const yielding = { tcp: host.platform === 'linux' ? 'ephemeralOnly' : 'ledger', udp: 'ledger' } as const;
    this.capabilities = { runtime: 'socket', persistent: 'ledger', yield: yielding, handOver: 'reusePort' };
    this.commands = host.platform === 'linux' ? linuxCommands(host) : bsdCommands;
  }

  async dynamicRange(): Promise<PortRange> {
    return readDynamicRange(this.#host.platform);
  }

  async survey(protocol: Protocol, sockets: boolean): Promise<Survey> {
    const inUse = sockets ? await portsInUse(protocol) : new PortSet();
    const isLinux = this.#host.platform === 'linux';
    const nat = isLinux ? await redirectedPorts(protocol) : { ports: new PortSet(), warnings: [] };
    return {
      inUse,
      excluded: new PortSet(),
      redirected: nat.ports,
      announced: new PortSet(),
      dynamicRange: dynamicRange(this.#host.platform),
      warnings: nat.warnings,
    };
  }

  async isServed(protocol: Protocol, range: PortRange): Promise<boolean> {
    return (await rowsOn(protocol, range)).some(({ state }) => stateOf(protocol, state) !== 'bound');
  }

  async isUsedByOthers(protocol: Protocol, range: PortRange): Promise<boolean> {
    if (this.#host.platform !== 'linux')
      return (await portsInUse(protocol)).ranges().some((used) => overlap(used, range));
    const own = socketsOf(this.#host.processId);
    return (await rowsOn(protocol, range)).some(({ inode }) => inode !== 0 && !own.has(inode));
  }

  async firstRefused(protocol: Protocol, range: PortRange, signal?: AbortSignal): Promise<number | undefined> {
    this.#checkSystem(protocol, range);
    try {
      return await firstPortInUse(protocol, range, signal);
    } catch (error) {
      const isAboutPort = error instanceof ServiceError && error.errorName === 'AccessDenied';
      if (isAboutPort && error.facts.port !== undefined) return error.facts.port;
      throw error;
    }
  }

  async inspect(
    protocol: Protocol,
    ranges: readonly PortRange[],
    options: InspectionOptions = {},
  ): Promise<Inspection> {
    for (const range of ranges) this.#checkSystem(protocol, range);
    const { ports, families } = await probePorts(protocol, ranges, options);
    const isLinux = this.#host.platform === 'linux';
    // Whatever has a port refuses it to a socket without options on all addresses of both families.
    const refused = new PortSet();
    for (const { port, osCode } of ports) if (osCode !== undefined) refused.add(port);
    const holders = isLinux
      ? await holdersOf(protocol, refused, { userId: this.#host.userId, signal: options.signal })
      : new Map<number, FoundHolder[]>();
    const warnings = isLinux ? [] : ['Who has a port cannot be seen on this system yet; the remedy shows it.'];
    if (isLinux) await addEnds(protocol, holders, this.#host);
    const nat = isLinux ? await lookAtNat(protocol) : undefined;
    // Of a port that somebody has, that is what there is to know.
    if (nat?.warning && ports.some(({ osCode }) => osCode === undefined)) warnings.push(nat.warning);
    return {
      ports: ports.map((facts) => {
        const redirection = nat?.redirections.get(facts.port);
        return { ...facts, holders: holders.get(facts.port) ?? [], ...(redirection && { redirection }) };
      }),
      families,
      dynamicRange: dynamicRange(this.#host.platform),
      warnings,
    };
  }

  async overview(protocol: Protocol, signal?: AbortSignal): Promise<Overview> {
    const all = { startPort: 1, numberOfPorts: maximumPort };
    this.#checkSystem(protocol, all);
    const common = { dynamicRange: dynamicRange(this.#host.platform) };
    if (this.#host.platform !== 'linux') {
      const warning = 'Who has a port cannot be seen on this system yet, so reservations are all there is to show.';
      return { ...common, holders: new Map(), warnings: [warning] };
    }
    const first = firstUnprivilegedPort();
    const { userId } = this.#host;
    const holders = await holdersOf(protocol, PortSet.of([all]), { userId, owners: this.#owners, signal });
    return { ...common, holders, ...(first > 1 && { firstUnprivilegedPort: first }), warnings: [] };
  }

  prepare(): Promise<unknown> {
    return portSockets();
  }

  async claim(claim: Claim): Promise<bigint> {
    const { protocol, range, hold } = claim;
    this.#checkSystem(protocol, range);
    if (this.#isHeld(claim)) await this.#held.hold(protocol, range, { ...claim, yields: hold === 'yield' });
    else await refuseInUse(claim);
    return newToken();
  }

  async check(claim: Claim): Promise<void> {
    this.#checkSystem(claim.protocol, claim.range);
    await refuseInUse(claim);
  }

  /** Whether sockets hold the ports. */
  #isHeld({ protocol, lifetime, hold = 'strict' }: Claim): boolean {
    if (lifetime !== 'runtime') return false;
    return hold === 'strict' || (hold === 'yield' && this.capabilities.yield[protocol] !== 'ledger');
  }

  /** The record is all there is. */
  async settle(): Promise<void> {}

  async checkSettled(): Promise<void> {}

  async release({ protocol, range, lifetime }: Reservation): Promise<void> {
    if (lifetime === 'runtime') await this.#held.release(protocol, range);
  }

  probe({ protocol }: Reservation, ports: PortRange): Promise<number> {
    return tryHandOver(protocol, ports);
  }

  close(): void {
    this.#held.close();
  }

  #checkSystem(protocol: Protocol, range: PortRange): void {
    if (this.#host.platform !== 'win32') return;
    const target = formatPorts(protocol, range);
    const hint = 'Use the windows provider: it needs no help of the ledger to reserve ports.';
    const message = 'The ledger provider cannot look at sockets or hold ports on Windows yet.';
    throw new ServiceError('NotSupported', message, { target, hint });
  }
}

/** Binds each port that is not the caller's yet, and frees it again. @throws ServiceError PortInUse, AccessDenied, OsError */
async function refuseInUse({ protocol, range, replacing = [], allowsUse, isTrial, signal }: Claim): Promise<void> {
  if (allowsUse) return;
  const own = replacing.map((one) => one.range);
  for (const fresh of rangesWithout(range, own)) {
    const port = await firstPortInUse(protocol, fresh, signal);
    if (port !== undefined) throw await portInUse(protocol, port, { isTrial });
  }
}
