import type { Ledger, LedgerChange } from '../ledger/ledger.ts';
import type {
  ExclusionRecord,
  LedgerRecord,
  PortRange,
  Protocol,
  Reservation,
} from '../protocol/generated/contract.ts';
import type { Provider } from '../providers/provider.ts';
import { claimFreeRange, combined, defaultWindow, portsToAvoid, surveySocketsFrom } from './choose.ts';
import { type Granted, keyOf } from './granted.ts';
import type { KnownReservations } from './known-reservations.ts';
import { type CreateRequest, refuseOverlap } from './requests.ts';

/** What a creation works with. */
export interface CreationSurroundings {
  provider: Provider;
  ledger: Ledger;
  known: KnownReservations;
  /** The runtime reservations held here; what is made is added. */
  held: Map<string, Granted>;
}

/**
 * Makes reservations of one range, one for each protocol asked for: chooses the range, claims, records and settles, all
 * under one lock of the ledger. Whatever fails, everything is as before.
 */
export class Creation {
  readonly #provider: Provider;
  readonly #ledger: Ledger;
  readonly #known: KnownReservations;
  readonly #held: Map<string, Granted>;

  constructor({ provider, ledger, known, held }: CreationSurroundings) {
    this.#provider = provider;
    this.#ledger = ledger;
    this.#known = known;
    this.#held = held;
  }

  /** The reservations, in the order of the protocols. */
  run(request: CreateRequest, signal?: AbortSignal): Promise<Reservation[]> {
    const { protocols } = request;
    return this.#ledger.change(async (change) => {
      const before = await this.#existing(request, change);
      const missing = protocols.filter((protocol) => !before.some((item) => item.protocol === protocol));
      if (missing.length === 0) return before;
      try {
        const claimed = await this.#claim({ ...request, protocols: missing }, change, signal);
        await this.#record(claimed, change, signal);
        const all = [...before, ...claimed];
        return protocols.map((protocol) => all.find((item) => item.protocol === protocol)!);
      } catch (error) {
        // Another program may have made the same persistent reservations in between.
        const meanwhile = await this.#existing(request, change);
        if (meanwhile.length === protocols.length) return meanwhile;
        throw error;
      }
    }, signal);
  }

  /** Those of the very reservations asked for that the caller may have: its own, or persistent ones. */
  async #existing(request: CreateRequest, { own, system }: LedgerChange): Promise<Reservation[]> {
    const { protocols, range, lifetime, returnsExisting } = request;
    if (!returnsExisting || !range) return [];
    const existing: Reservation[] = [];
    for (const protocol of protocols) {
      const found = await this.#known.find({ protocol, range }, [...own, ...system]);
      if (found?.lifetime !== lifetime) continue;
      if (lifetime === 'persistent' || this.#held.has(keyOf(found))) existing.push(found);
    }
    return existing;
  }

  async #claim(request: CreateRequest, { own, system }: LedgerChange, signal?: AbortSignal): Promise<Granted[]> {
    const { protocols, numberOfPorts } = request;
    const others = await this.#known.verified([...own, ...system].filter((item) => protocols.includes(item.protocol)));
    const claim = (range: PortRange) => this.#claimInEach(request, range, signal);
    if (request.range) {
      refuseOverlap(request.range, others);
      return claim(request.range);
    }
    const surveys = protocols.map((protocol) => this.#provider.survey(protocol, numberOfPorts >= surveySocketsFrom));
    const survey = combined(await Promise.all(surveys));
    const reserved = others.map((item) => item.range);
    const avoid = portsToAvoid(survey, reserved, numberOfPorts);
    const window = request.within ?? defaultWindow(survey.dynamicRange, numberOfPorts);
    return (await claimFreeRange({ protocols, numberOfPorts, window }, avoid, claim)).claimed;
  }

  /** Claims the range in every protocol or in none. */
  async #claimInEach(request: CreateRequest, range: PortRange, signal?: AbortSignal): Promise<Granted[]> {
    const { protocols, lifetime } = request;
    const claimed: Granted[] = [];
    try {
      for (const protocol of protocols) {
        const token = await this.#provider.claim({ protocol, range, lifetime, signal });
        claimed.push(this.#granted(request, protocol, { range, token }));
      }
      return claimed;
    } catch (error) {
      await this.#giveBack(claimed);
      throw error;
    }
  }

  #granted(
    { lifetime, name, reason }: CreateRequest,
    protocol: Protocol,
    { range, token }: { range: PortRange; token: bigint },
  ): Granted {
    return {
      protocol,
      range,
      token: String(token),
      lifetime,
      enforcement: this.#provider.capabilities[lifetime],
      provider: this.#provider.name,
      ...(name !== undefined && { name }),
      ...(reason !== undefined && { reason }),
      owner: this.#ledger.owner(lifetime),
      createdAt: new Date().toISOString(),
    };
  }

  /** Writes the records and settles the system; whatever fails, both are as before. */
  async #record(claimed: readonly Granted[], change: LedgerChange, signal?: AbortSignal): Promise<void> {
    const before = change.own;
    const after = [...before, ...claimed.map((item) => this.#recordOf(item))];
    let written = false;
    try {
      signal?.throwIfAborted();
      await change.write(after);
      written = true;
      if (claimed[0]?.lifetime === 'persistent') {
        await this.#provider.settle(...persistentOf(this.#provider, { own: after, exclusions: change.exclusions.own }));
      } else for (const item of claimed) this.#held.set(keyOf(item), item);
    } catch (error) {
      await this.#giveBack(claimed);
      if (written) await change.write(before);
      throw error;
    }
  }

  /** A token that the system gives is looked up when it is needed and never stored: it may change at a reboot. */
  #recordOf(reservation: Granted): LedgerRecord {
    if (!this.#provider.lookup) return reservation;
    const { token: _, ...record } = reservation;
    return record;
  }

  /** Frees what was claimed; one that fails does not keep the others. */
  async #giveBack(claimed: readonly Granted[]): Promise<void> {
    const failures: unknown[] = [];
    for (const item of claimed) await this.#provider.release(item).catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}

/** The persistent reservations and exclusions that this provider answers for, as `settle` takes them. */
export function persistentOf(
  { name }: Provider,
  { own, exclusions }: { own: readonly LedgerRecord[]; exclusions: readonly ExclusionRecord[] },
): [LedgerRecord[], ExclusionRecord[]] {
  return [
    own.filter((item) => item.lifetime === 'persistent' && item.provider === name),
    exclusions.filter((item) => item.store === 'persistent' && item.provider === name),
  ];
}
