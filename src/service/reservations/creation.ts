import type { Ledger, LedgerChange } from '../../ledger/ledger.ts';
import type { Enforcement, LedgerRecord, PortRange, Protocol, Reservation } from '../../protocol/generated/contract.ts';
import { keyOf } from '../../protocol/ranges.ts';
import type { Provider } from '../../providers/provider.ts';
import { relabelled, sameLabel } from '../label.ts';
import { claimFreeRange, combined, defaultWindow, portsToAvoid, surveySocketsFrom } from '../ports/choose.ts';
import { checkMayRelabel } from '../refusals.ts';
import type { KnownReservations } from './known-reservations.ts';
import { type Claims, type Granted, Recorder } from './recorder.ts';
import type { CreateRequest } from './requests.ts';

/** What a creation works with. */
export interface CreationSurroundings {
  provider: Provider;
  ledger: Ledger;
  known: KnownReservations;
  /** The runtime reservations held here; what is made is added. */
  held: Map<string, Granted>;
}

/** What one request comes to before it is recorded. */
interface Obtained extends Claims {
  protocols: readonly Protocol[];
  /** What was there already, as it is to be. */
  existing: Reservation[];
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
  readonly #recorder: Recorder;

  constructor({ provider, ledger, known, held }: CreationSurroundings) {
    this.#provider = provider;
    this.#ledger = ledger;
    this.#known = known;
    this.#held = held;
    this.#recorder = new Recorder(provider, held);
  }

  /** The reservations, in the order of the protocols. */
  run(request: CreateRequest, signal?: AbortSignal): Promise<Reservation[]> {
    return this.#ledger.change(async (change) => {
      const obtained = await this.#obtain(request, change, signal);
      await this.#recorder.record([obtained], change, signal);
      return reservationsOf(obtained);
    }, signal);
  }

  /**
   * The same for several requests, each independent of the others, in one change: the ledger and the system are written
   * once. What cannot be recorded together is made one by one.
   */
  async runEach(requests: readonly CreateRequest[]): Promise<PromiseSettledResult<Reservation[]>[]> {
    const together = await this.#ledger.change(async (change) => {
      const outcomes: PromiseSettledResult<Obtained>[] = [];
      const obtained: Obtained[] = [];
      for (const request of requests) {
        const claimed = obtained.flatMap((one) => one.claimed);
        const [outcome] = await Promise.allSettled([
          this.#obtain(request, { ...change, own: [...change.own, ...claimed] }),
        ]);
        if (outcome.status === 'fulfilled') obtained.push(outcome.value);
        outcomes.push(outcome);
      }
      const isRecorded = await this.#recorder.record(obtained, change).then(
        () => true,
        () => false,
      );
      return isRecorded ? outcomes : undefined;
    });
    if (together) return together.map(mapped);
    const outcomes: PromiseSettledResult<Reservation[]>[] = [];
    for (const request of requests) outcomes.push(...(await Promise.allSettled([this.run(request)])));
    return outcomes;
  }

  /** What is there already, with the label asked for, and the rest claimed. Nothing is recorded yet. */
  async #obtain(request: CreateRequest, change: LedgerChange, signal?: AbortSignal): Promise<Obtained> {
    const { protocols } = request;
    const found = this.#relabelled(await this.#existing(request, change), request, change);
    const missing = protocols.filter((protocol) => !found.existing.some((item) => item.protocol === protocol));
    if (missing.length === 0) return { protocols, ...found, claimed: [] };
    try {
      return { protocols, ...found, claimed: await this.#claim({ ...request, protocols: missing }, change, signal) };
    } catch (error) {
      // Another program may have made the same persistent reservations in between.
      const meanwhile = await this.#existing(request, change);
      if (meanwhile.length !== protocols.length) throw error;
      return { protocols, ...this.#relabelled(meanwhile, request, change), claimed: [] };
    }
  }

  /** The existing reservations as they are to be, and the records that change by that. */
  #relabelled(
    existing: readonly Reservation[],
    { updatesExisting, label, lifetime }: CreateRequest,
    { system }: LedgerChange,
  ): Pick<Obtained, 'existing' | 'changed'> {
    const changed: LedgerRecord[] = [];
    const now = existing.map((reservation) => {
      if (!updatesExisting || sameLabel(reservation, label)) return reservation;
      const target = keyOf(reservation);
      const isSystems = system.some((item) => keyOf(item) === target);
      checkMayRelabel({ kind: 'reservation', is: reservation }, label, isSystems);
      // Nobody has recorded what another program made.
      const { owner = this.#ledger.owner(lifetime), createdAt = new Date().toISOString() } = reservation;
      const record = { ...relabelled(reservation, label), owner, createdAt };
      changed.push(record);
      return record;
    });
    return { existing: now, changed };
  }

  /** Those of the very reservations asked for that the caller may have: its own, or persistent ones. */
  async #existing(request: CreateRequest, { own, system }: LedgerChange): Promise<Reservation[]> {
    const { protocols, range, lifetime, returnsExisting } = request;
    if (!returnsExisting || !range) return [];
    const existing: Reservation[] = [];
    for (const protocol of protocols) {
      const found = await this.#known.find({ protocol, range }, [...own, ...system]);
      if (found?.lifetime !== lifetime) continue;
      const isHeldSo = this.#held.has(keyOf(found)) && found.enforcement === this.#enforcement(request, protocol);
      if (lifetime === 'persistent' || isHeldSo) existing.push(found);
    }
    return existing;
  }

  async #claim(request: CreateRequest, { own, system }: LedgerChange, signal?: AbortSignal): Promise<Granted[]> {
    const { protocols, numberOfPorts, range: definite } = request;
    const records = [...own, ...system];
    const claim = (range: PortRange) => this.#claimInEach(request, range, signal);
    if (definite) {
      await this.#known.refuseOverlap(protocols, definite, records);
      return claim(definite);
    }
    const others = await this.#known.verified(records.filter(({ protocol }) => protocols.includes(protocol)));
    const surveys = protocols.map((protocol) => this.#provider.survey(protocol, numberOfPorts >= surveySocketsFrom));
    const survey = combined(await Promise.all(surveys));
    const reserved = others.map((item) => item.range);
    const avoid = portsToAvoid(survey, reserved, numberOfPorts);
    const window = request.within ?? defaultWindow(survey.dynamicRange, numberOfPorts);
    return (await claimFreeRange({ protocols, numberOfPorts, window }, avoid, claim)).claimed;
  }

  /** Claims the range in every protocol or in none. */
  async #claimInEach(request: CreateRequest, range: PortRange, signal?: AbortSignal): Promise<Granted[]> {
    const { protocols, lifetime, hold } = request;
    const claimed: Granted[] = [];
    try {
      for (const protocol of protocols) {
        const token = await this.#provider.claim({ protocol, range, lifetime, hold, signal });
        claimed.push(this.#granted(request, protocol, { range, token }));
      }
      return claimed;
    } catch (error) {
      await this.#recorder.giveBack(claimed);
      throw error;
    }
  }

  /** Who is stopped by what is asked for. */
  #enforcement({ lifetime, hold }: CreateRequest, protocol: Protocol): Enforcement {
    const { capabilities } = this.#provider;
    if (hold === 'strict') return capabilities[lifetime];
    return hold === 'yield' ? capabilities.yield[protocol] : 'ledger';
  }

  #granted(
    request: CreateRequest,
    protocol: Protocol,
    { range, token }: Pick<Granted, 'range'> & { token: bigint },
  ): Granted {
    const { lifetime, label } = request;
    return {
      protocol,
      range,
      token: String(token),
      lifetime,
      enforcement: this.#enforcement(request, protocol),
      provider: this.#provider.name,
      ...label,
      owner: this.#ledger.owner(lifetime),
      createdAt: new Date().toISOString(),
    };
  }
}

/** What came of the request, in the order of its protocols. */
function reservationsOf({ protocols, existing, claimed }: Obtained): Reservation[] {
  const all = [...existing, ...claimed];
  return protocols.map((protocol) => all.find((item) => item.protocol === protocol)!);
}

const mapped = (outcome: PromiseSettledResult<Obtained>): PromiseSettledResult<Reservation[]> =>
  outcome.status === 'fulfilled' ? { ...outcome, value: reservationsOf(outcome.value) } : outcome;
