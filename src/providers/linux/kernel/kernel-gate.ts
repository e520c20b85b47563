import { Bpf } from '../../../native/linux/bpf.ts';
import { tokenBytes } from '../../../native/linux/socket-token.ts';
import { ServiceError } from '../../../protocol/errors.ts';
import type { Admission, PortRange, Protocol } from '../../../protocol/generated/contract.ts';
import { formatPorts, holdsPort, sameRange } from '../../../protocol/ranges.ts';
import { newToken } from '../../../protocol/token.ts';
import { bindAny, isRefusedUnseen, refuseTaken } from './bind-with-token.ts';
import { GateAccess, type GatePlace } from './gate-access.ts';
import { type KernelRange, rangesOf, serviceId } from './range-entries.ts';
import {
  attachOrRemove,
  blocksHere,
  type KernelReservation,
  kernelRange,
  refuseReserved,
  type Site,
} from './reservations.ts';
import { type AdmittedGroup, admitGroup } from './services.ts';
import { Stock } from './stock.ts';

/** What is in force now. */
export interface GateStatus {
  /** Whether binds are refused now: the programs for both address families are on the control group. */
  inForce: boolean;
  /** Whether sockets can be given tokens by setsockopt. */
  takesTokens: boolean;
  /** What those are told who are refused; undefined where nothing is in force. */
  refusal?: 'EADDRINUSE' | 'EPERM';
  /** Whether an MPTCP socket may carry the token. */
  mptcp: boolean;
  /** Whether those let in may bind a privileged port without the right to, where that was asked for. */
  privileged: boolean;
  controlGroup: string;
  /** Whether that is above every process of the machine. */
  wholeMachine: boolean;
}

interface CheckOptions {
  /** What of the range is not the caller's yet, and therefore has to be free. Default: all of it. */
  fresh?: readonly PortRange[];
  /** Ranges of the caller's that this one comes in the place of. */
  replacing?: readonly PortRange[];
  signal?: AbortSignal | undefined;
}

interface AcquireOptions {
  allow?: Admission;
  signal?: AbortSignal;
}

/** A reservation as the kernel has it, with the service's name where it is known. */
export type Explanation = KernelRange & { serviceName?: string };

/**
 * Reservations that the kernel enforces: every bind in this network namespace, root's included, is refused without the
 * token, but for those who are let in. One gate of the machine's is pinned and outlives its makers; a worker's own goes with
 * its process.
 *
 * A failure is a ServiceError that names the failing call: AccessDenied without rights, NotSupported where the kernel, its
 * control groups or its BPF file system are not as it takes.
 */
export class KernelGate {
  readonly #access: GateAccess;
  /** Ranges that `claim` found free, and that `settle` is to find free again with nobody else let in. */
  readonly #claimed = new Map<string, Pick<CheckOptions, 'fresh' | 'signal'>>();

  /** Whether a gate was found to be possible since the last change. */
  #isTried = false;

  private constructor(access: GateAccess) {
    this.#access = access;
  }

  /** The gate of the machine, for persistent reservations. */
  static pinned(place: GatePlace): KernelGate {
    return new KernelGate(new GateAccess(place, true));
  }

  /** A gate of this process, for runtime reservations: gone when the process is, whatever ends it. */
  static own(place: GatePlace): KernelGate {
    return new KernelGate(new GateAccess(place, false));
  }

  /**
   * Refuses what `settle` could not do, and changes nothing: the record is to be written in between, so that a killed
   * process leaves a record of what is not enforced, and never a refusal that nobody can explain.
   * @returns the token that the reservation is to have
   * @throws ServiceError AccessDenied, NotSupported, RangeReserved, PortInUse, OsError
   */
  async claim(protocol: Protocol, range: PortRange, options: CheckOptions = {}): Promise<bigint> {
    await this.check(protocol, range, options);
    const { fresh, signal } = options;
    this.#claimed.set(formatPorts(protocol, range), { ...(fresh && { fresh }), signal });
    return newToken();
  }

  /** Refuses what `claim` and `acquire` would. */
  async check(
    protocol: Protocol,
    range: PortRange,
    { fresh = [range], replacing, signal }: CheckOptions = {},
  ): Promise<void> {
    const target = formatPorts(protocol, range);
    if (!this.#isTried && !(await this.status()).inForce) await this.#access.try();
    this.#isTried = true;
    const deed = { action: `reserve ${target} in the kernel`, target };
    await this.#access.atExisting(deed, undefined, (site) => refuseReserved(site, protocol, range, replacing));
    for (const part of fresh) await refuseTaken(protocol, part, () => {}, signal);
  }

  /**
   * Reserves exactly the range, at once.
   * @returns the token
   * @throws ServiceError AccessDenied, NotSupported, RangeReserved, PortInUse, OsError
   */
  async acquire(protocol: Protocol, range: PortRange, { allow, signal }: AcquireOptions = {}): Promise<bigint> {
    const reservation = { protocol, range, token: newToken(), ...(allow && { allow }) };
    const target = formatPorts(protocol, range);
    await this.#access.at({ action: `reserve ${target} in the kernel`, target }, async (site) => {
      refuseReserved(site, protocol, range);
      await add(site, reservation, signal);
    });
    return reservation.token;
  }

  /**
   * Makes the kernel enforce these reservations: adds what is missing, changes what is otherwise, and puts programs of this
   * version in the place of others. What it knows besides stays: it may be of another ledger. Restores all after a boot.
   * @throws ServiceError PortInUse for a range that was claimed here and has been taken since; it is not reserved then
   */
  async settle(reservations: readonly KernelReservation[]): Promise<void> {
    if (reservations.length === 0 && !this.#access.mayExist()) return;
    this.#isTried = false;
    const isClaimed = ({ protocol, range }: KernelReservation) => this.#claimed.has(formatPorts(protocol, range));
    const claimed = reservations.filter(isClaimed);
    const deed = { action: 'make the kernel enforce the reservations', target: this.#access.group().path };
    await this.#access.at(deed, async (site) => {
      const stock = new Stock(site);
      const unchecked = new Set(claimed);
      try {
        for (const one of reservations) stock.put(kernelRange(one));
        attachOrRemove(site.gate);
        for (const one of claimed) {
          await refuseClaimed(site, one, this.#claimed.get(formatPorts(one.protocol, one.range)));
          unchecked.delete(one);
        }
      } catch (error) {
        for (const { protocol, range } of unchecked) stock.take(protocol, range);
        attachOrRemove(site.gate);
        throw error;
      } finally {
        for (const { protocol, range } of claimed) this.#claimed.delete(formatPorts(protocol, range));
      }
    });
  }

  /** Gives the range back. What is not reserved is no error. */
  release(protocol: Protocol, range: PortRange): Promise<void> {
    return this.releaseAll([{ protocol, range }]);
  }

  /** The same of several, at once. */
  async releaseAll(ranges: readonly Pick<KernelRange, 'protocol' | 'range'>[]): Promise<void> {
    if (ranges.length === 0) return;
    const target = ranges.map(({ protocol, range }) => formatPorts(protocol, range)).join(', ');
    for (const { protocol, range } of ranges) this.#claimed.delete(formatPorts(protocol, range));
    await this.#access.atExisting({ action: `release ${target} in the kernel`, target }, undefined, (site) => {
      const stock = new Stock(site);
      for (const { protocol, range } of ranges) stock.take(protocol, range);
      attachOrRemove(site.gate);
    });
  }

  /** What the kernel knows to be reserved in this network namespace, whoever recorded it. */
  list(): Promise<KernelRange[]> {
    const deed = { action: 'list what the kernel enforces', target: this.#access.pins };
    return this.#access.atExisting<KernelRange[]>(deed, [], (site) => rangesOf(blocksHere(site)));
  }

  /** The token of exactly this range; undefined where it is not reserved. */
  async lookup(protocol: Protocol, range: PortRange): Promise<bigint | undefined> {
    const found = (await this.list()).find((one) => one.protocol === protocol && sameRange(one.range, range));
    return found?.token;
  }

  /**
   * The reservation that the port is in, with whom it lets in.
   * @param services units that it may be for: the kernel knows a number in the place of the name
   */
  async explain(protocol: Protocol, port: number, services: readonly string[] = []): Promise<Explanation | undefined> {
    const found = (await this.list()).find((one) => one.protocol === protocol && holdsPort(one.range, port));
    const serviceName = services.find((name) => serviceId(name) === found?.service);
    return found && { ...found, ...(serviceName && { serviceName }) };
  }

  async status(): Promise<GateStatus> {
    const { path, wholeMachine } = this.#access.group();
    const deed = { action: 'look at the gate', target: this.#access.pins };
    const { bind4, bind6, setsockopt } = await this.#access.atExisting(deed, {}, ({ gate }) => gate.state());
    const bind = bind4 && bind6 ? [bind4, bind6] : [];
    const every = (ability: 'errno' | 'mptcp' | 'privileged') => bind.length > 0 && bind.every((one) => one[ability]);
    return {
      inForce: bind.length > 0,
      takesTokens: setsockopt !== undefined,
      ...(bind.length > 0 && { refusal: every('errno') ? 'EADDRINUSE' : 'EPERM' }),
      mptcp: every('mptcp'),
      privileged: every('privileged'),
      controlGroup: path,
      wholeMachine,
    };
  }

  /**
   * Whether the reservation is in force now; undefined where that cannot be told. Who may not look into the kernel goes by
   * what a bind of its first port is refused with, and whether a socket explains that.
   * @param userId who asks
   */
  async enforces(
    { protocol, range, allow }: Omit<KernelReservation, 'token'>,
    userId: number,
  ): Promise<boolean | undefined> {
    try {
      const { inForce } = await this.status();
      return inForce && (await this.lookup(protocol, range)) !== undefined;
    } catch (error) {
      if (!(error instanceof ServiceError) || error.errorName !== 'AccessDenied') throw error;
    }
    return allow?.userId === userId ? undefined : isRefusedUnseen(protocol, range.startPort);
  }

  /** Binds a new socket with the token to one of the ports, and closes it: proves that the reservation can be used. */
  probe(protocol: Protocol, token: bigint, ports: PortRange): Promise<number> {
    const target = formatPorts(protocol, ports);
    return this.#access.at({ action: `bind ${target} with its token`, target }, ({ gate }) =>
      bindAny(protocol, ports, giving(gate, token)),
    );
  }

  /**
   * Lets the processes of a control group in, without token, to the ranges whose admission names the service. Without a gate
   * nobody is refused, and there is nothing to do.
   * @param group its folder
   * @param lasting whether it is to stay until the group is gone; else until this process is, or `close`
   */
  admit(service: string, group: string, lasting: boolean): Promise<AdmittedGroup | undefined> {
    const deed = { action: `let ${service} in`, target: group };
    return this.#access.atExisting<AdmittedGroup | undefined>(deed, undefined, async ({ gate }) => {
      const maps = gate.maps();
      return maps && admitGroup(await Bpf.load(), maps, service, group, lasting);
    });
  }

  /** The folder of this process's own control group. @throws ServiceError NotSupported, OsError */
  ownGroup(): string {
    return this.#access.ownGroup();
  }

  /** Takes the gate away, with everything it enforces, in all network namespaces: the kill switch. */
  async off(): Promise<void> {
    this.#claimed.clear();
    const deed = { action: 'take the gate away', target: this.#access.pins };
    await this.#access.atExisting(deed, undefined, ({ gate }) => gate.remove());
  }

  /** Frees what this process has of its own; a pinned gate stays. */
  async close(): Promise<void> {
    if (!this.#access.isPinned) await this.off();
  }
}

const giving = (gate: Site['gate'], token: bigint) => {
  const bytes = tokenBytes(token);
  return (descriptor: number) => gate.giveToken(descriptor, bytes);
};

/** Puts the range in, so that only the token lets in, then finds out whether somebody has it; if so takes it out again. */
async function add(site: Site, reservation: KernelReservation, signal: AbortSignal | undefined): Promise<void> {
  const stock = new Stock(site);
  try {
    stock.put(kernelRange(reservation));
    attachOrRemove(site.gate);
    await refuseClaimed(site, reservation, { signal });
  } catch (error) {
    stock.take(reservation.protocol, reservation.range);
    attachOrRemove(site.gate);
    throw error;
  }
}

/** Refuses what somebody has of it, now that the token alone lets in. */
async function refuseClaimed(
  { gate }: Site,
  { protocol, range, token }: KernelReservation,
  { fresh = [range], signal }: Pick<CheckOptions, 'fresh' | 'signal'> = {},
): Promise<void> {
  for (const part of fresh) await refuseTaken(protocol, part, giving(gate, token), signal);
}
