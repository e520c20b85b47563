import { join } from 'node:path';
import type { Host } from '../../../host.ts';
import { userIdOf } from '../../../native/linux/users.ts';
import { InvalidParamsError, ServiceError } from '../../../protocol/errors.ts';
import type { Admission, Allow, PortRange, Protocol, Reservation } from '../../../protocol/generated/contract.ts';
import { rangesWithout } from '../../../protocol/port-set.ts';
import { keyOf, overlap } from '../../../protocol/ranges.ts';
import type { Claim, GateRange, Recorded } from '../../provider.ts';
import { bindAny, isBindable, withToken } from './bind-with-token.ts';
import { topControlGroup } from './control-group.ts';
import { KernelGate } from './kernel-gate.ts';
import { enterOwnGroup, type OwnGroup } from './own-group.ts';
import { isForSame } from './range-entries.ts';
import { type KernelReservation, kernelRange } from './reservations.ts';
import { unitCommand } from './unit-command.ts';
import { checkUnitName } from './unit-text.ts';
import { controlGroupsOf, hasSystemd, isBootUnitThere, requireSystemd, settleUnits } from './units.ts';

/** What is kept of a reservation, as far as the kernel is told of it. */
type Kept = Pick<Reservation, 'protocol' | 'range' | 'enforcement' | 'token' | 'allow'>;

type Placed = Pick<Kept, 'protocol' | 'range'>;

/** Whether the kernel is to refuse binds. */
export const isKernels = ({ enforcement }: Pick<Claim, 'enforcement'>): boolean => enforcement === 'kernel';

const kernelReservation = ({ protocol, range, token, allow }: Omit<Kept, 'enforcement'>): KernelReservation => ({
  protocol,
  range,
  token: BigInt(token!),
  ...(allow && { allow }),
});

/**
 * The reservations that the kernel enforces: the machine's gate for persistent ones, with the units that restore it and let
 * services in, and a gate of this process for runtime ones.
 */
export class KernelKeeper {
  readonly #host: Host;
  readonly #home: () => string;
  readonly #pinned: KernelGate;
  readonly #own: KernelGate;
  #group: OwnGroup | undefined;

  /** @param home the folder of the ledger whose reservations are kept */
  constructor(host: Host, home: () => string) {
    this.#host = host;
    this.#home = home;
    const place = { userId: host.userId ?? 0 };
    this.#pinned = KernelGate.pinned(place);
    this.#own = KernelGate.own(place);
  }

  /** @throws InvalidParamsError for a user that this system does not know, and what is no name of a unit */
  async admission(allow: Allow): Promise<Admission> {
    if (allow.service !== undefined) checkUnitName(allow.service, 'allow.service');
    if (allow.user === undefined) return allow;
    const userId = await userIdOf(allow.user);
    if (userId !== undefined) return { ...allow, userId };
    throw new InvalidParamsError([
      { field: 'allow.user', message: 'must be the name or the number of a user that this system has' },
    ]);
  }

  /** Persistent: finds out whether it can be had, and `settle` makes it so. Runtime: has it from here on. */
  async claim(claim: Claim): Promise<bigint> {
    const { protocol, range, lifetime, allow, signal } = claim;
    checkService(claim);
    if (lifetime === 'persistent') return this.#pinned.claim(protocol, range, checkOptions(claim));
    return this.#own.acquire(protocol, range, { ...(allow && { allow }), ...(signal && { signal }) });
  }

  /** Refuses what `claim` and then `settle` would, and changes nothing. */
  async check(claim: Claim): Promise<void> {
    checkService(claim);
    const gate = claim.lifetime === 'persistent' ? this.#pinned : this.#own;
    await gate.check(claim.protocol, claim.range, checkOptions(claim));
  }

  /**
   * Makes the kernel and systemd agree with what is recorded.
   * @param options.isStrict whether it fails also where nothing new is asked for: what is lost is said of each reservation, and
   * is no reason against a change of others
   * @param options.isForced whether units are looked at also where nothing is recorded
   */
  async settle(
    kept: readonly Kept[],
    freed: readonly (Placed & Pick<Kept, 'enforcement'>)[],
    { isStrict = false, isForced = false } = {},
  ): Promise<void> {
    const enforced = kept.filter(isKernels);
    const leaving = freed.filter(isKernels);
    const isDowngraded = await this.#releaseOthers(kept);
    if (enforced.length + leaving.length === 0 && !isDowngraded && !isForced) return;
    try {
      await this.#pinned.settle(enforced.map(kernelReservation));
    } catch (error) {
      if (isStrict || !(error instanceof ServiceError)) throw error;
    }
    // A range in its place has taken it out already.
    const isReplaced = (one: Placed) =>
      enforced.some((other) => other.protocol === one.protocol && overlap(other.range, one.range));
    await this.#pinned.releaseAll(leaving.filter((one) => !isReplaced(one)));
    await this.#settleUnits(enforced);
  }

  /** Those of the records that the kernel does not enforce, as far as this user can tell. */
  async lost(records: readonly Recorded[]): Promise<Set<Recorded>> {
    const enforced = records.filter(isKernels);
    if (enforced.length === 0) return new Set();
    try {
      const { inForce } = await this.#pinned.status();
      const known = new Map(inForce ? (await this.#pinned.list()).map((one) => [keyOf(one), one]) : []);
      const isThere = (one: Recorded) => {
        const found = known.get(keyOf(one));
        return (
          found !== undefined && (one.token === undefined || isForSame(found, kernelRange(kernelReservation(one))))
        );
      };
      return new Set(enforced.filter((one) => !isThere(one)));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
    }
    // Who may not look into the kernel goes by a bind that should be refused, and is not.
    const lost = new Set<Recorded>();
    for (const one of enforced) {
      if (one.allow?.userId !== this.#host.userId && (await isBindable(one.protocol, one.range.startPort)))
        lost.add(one);
    }
    return lost;
  }

  /** Whether systemd restores the reservations at the next restart; undefined where it does not run the system. */
  restoresAtBoot(): boolean | undefined {
    return hasSystemd() ? isBootUnitThere({ home: this.#home(), command: [] }) : undefined;
  }

  /** What the kernel keeps of the protocol, whoever recorded it; nothing where this user may not look. */
  async ranges(protocol: Protocol): Promise<GateRange[]> {
    try {
      const listed = (await this.#pinned.list()).filter((one) => one.protocol === protocol);
      return listed.map(({ range, userId, service }) => ({
        range,
        ...(userId !== undefined && { userId }),
        isForService: service !== undefined,
      }));
    } catch (error) {
      if (error instanceof ServiceError) return [];
      throw error;
    }
  }

  /** Refuses what `settle` would refuse of what goes. */
  async checkSettled(freed: readonly Reservation[]): Promise<void> {
    if (freed.some(isKernels)) await this.#pinned.status();
  }

  /** What is recorded as no more than kept from automatic choice is nothing that the kernel refuses. */
  async #releaseOthers(kept: readonly Kept[]): Promise<boolean> {
    const others = new Set(kept.filter((one) => !isKernels(one)).map(keyOf));
    if (others.size === 0) return false;
    const listed = await this.#pinned.list().catch(() => []); // without rights nothing is changed anyway
    const wrong = listed.filter((one) => others.has(keyOf(one)));
    await this.#pinned.releaseAll(wrong);
    return wrong.length > 0;
  }

  async #settleUnits(enforced: readonly Kept[]): Promise<void> {
    if (!hasSystemd()) return;
    const services = [...new Set(enforced.flatMap(({ allow }) => allow?.service ?? []))];
    const isNeeded = enforced.length > 0;
    const command = isNeeded ? unitCommand(this.#host) : [];
    await settleUnits({ isNeeded, services, command, home: this.#home() });
    for (const service of services) await this.#admitRunning(service);
  }

  /** A service that runs already is not started anew for it. */
  async #admitRunning(service: string): Promise<void> {
    for (const path of await controlGroupsOf(service)) {
      await this.#pinned.admit(service, join(topControlGroup().path, path), true);
    }
  }

  async release({ protocol, range, lifetime }: Reservation): Promise<void> {
    await (lifetime === 'persistent' ? this.#pinned : this.#own).release(protocol, range);
  }

  /** Binds a new socket, as the reservation's user would: by its token, or as somebody who is let in without. */
  async probe({ protocol, lifetime, token, allow }: Reservation, ports: PortRange): Promise<number> {
    const { userId } = this.#host;
    if (token === undefined && allow?.userId !== userId) {
      throw new ServiceError(
        lifetime === 'runtime' ? 'NotOwner' : 'AccessDenied',
        `The token of ${keyOf({ protocol, range: ports })} is a secret of ${lifetime === 'runtime' ? 'another worker' : 'root'}.`,
        {
          target: keyOf({ protocol, range: ports }),
          hint: 'Run it as the user whom the reservation is for, or as root.',
        },
      );
    }
    if (token === undefined) return bindAny(protocol, ports, () => {});
    if (userId !== 0) return bindAny(protocol, ports, withToken(BigInt(token)));
    const gate = lifetime === 'persistent' ? this.#pinned : this.#own;
    return gate.probe(protocol, BigInt(token), ports);
  }

  /**
   * Lets the programs in that this process starts from here on, in the place of who has the token: it moves into a control
   * group of its own.
   */
  async admitChildren(reservations: readonly Kept[]): Promise<void> {
    const name = `portreservation-${this.#host.processId}.service`;
    this.#group ??= enterOwnGroup(this.#own.ownGroup(), this.#host.processId);
    const admitted = reservations.map(kernelReservation);
    await this.#own.settle(admitted.map((one) => ({ ...one, allow: { ...one.allow, service: name } })));
    await this.#own.admit(name, this.#group.path, false);
  }

  async close(): Promise<void> {
    await this.#own.close();
    this.#group?.leave();
    this.#group = undefined;
  }
}

function checkOptions({ range, replacing = [], allowsUse, signal }: Claim) {
  const own = replacing.map((one) => one.range);
  return { fresh: allowsUse ? [] : rangesWithout(range, own), replacing: own, signal };
}

/** @throws ServiceError NotSupported where the service could not be let in when it starts */
function checkService({ lifetime, allow }: Claim): void {
  if (allow?.service === undefined) return;
  requireSystemd(allow.service);
  if (lifetime === 'persistent') return;
  throw new ServiceError('NotSupported', `A runtime reservation cannot be for ${allow.service}.`, {
    target: allow.service,
    hint: 'Make it persistent: a service is let in each time that it starts.',
  });
}
