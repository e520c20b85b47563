import type { Ledger, LedgerChange } from '../ledger/ledger.ts';
import { ServiceError } from '../protocol/errors.ts';
import type {
  Capabilities,
  PortRange,
  ProviderName,
  Reservation,
  ReservationCreateParams,
  ReservationList,
  ReservationListParams,
  ReservationLookupParams,
  ReservationReleaseParams,
} from '../protocol/generated/contract.ts';
import { checkRange, endPort, formatPorts, sameRange } from '../protocol/ranges.ts';
import type { Provider } from '../providers/provider.ts';
import { claimFreeRange, defaultWindow, portsToAvoid, surveySocketsFrom } from './choose.ts';
import { type CreateRequest, createRequest, describe, refuseOverlap } from './requests.ts';
import { wildcard } from './wildcard.ts';

interface Claimed {
  range: PortRange;
  token: bigint;
}

/**
 * Reserves ports: decides, under the ledger's lock, which range is given to whom, lets the provider do it, and keeps the
 * record. Holds its runtime reservations until they are released or the service is closed.
 */
export class PortService {
  readonly #provider: Provider;
  readonly #ledger: Ledger;
  /** Tokens of the runtime reservations held here: another service of the same process has the same owner. */
  readonly #held = new Set<string>();

  constructor(provider: Provider, ledger: Ledger) {
    this.#provider = provider;
    this.#ledger = ledger;
  }

  /** What carries the reservations out. */
  get provider(): ProviderName {
    return this.#provider.name;
  }

  /** What the provider gives on this machine. */
  get capabilities(): Capabilities {
    return this.#provider.capabilities;
  }

  /**
   * Reserves a block of ports: the one at `startPort`, or the first free one found.
   *
   * @throws InvalidParamsError a sum past 65535, or keys that exclude each other
   * @throws ServiceError AccessDenied, PortInUse, RangeReserved, RangeExcluded, NoFreeRange, NotSupported, OsError,
   * LedgerBusy, LedgerCorrupt; nothing has changed then
   */
  async create(params: ReservationCreateParams, signal?: AbortSignal): Promise<Reservation> {
    const request = createRequest(params);
    return this.#ledger.change(async (change) => {
      if (request.range && params.ifExists === 'return') {
        const existing = this.#existing(request, change);
        if (existing) return existing;
      }
      const { range, token } = await this.#claim(request, change, signal);
      const reservation: Reservation = {
        protocol: request.protocol,
        range,
        token: String(token),
        lifetime: request.lifetime,
        enforcement: this.#provider.capabilities[request.lifetime],
        provider: this.#provider.name,
        ...(params.name !== undefined && { name: params.name }),
        ...(params.reason !== undefined && { reason: params.reason }),
        owner: this.#ledger.owner(request.lifetime),
        createdAt: new Date().toISOString(),
      };
      await this.#record(reservation, change, signal);
      return reservation;
    }, signal);
  }

  /**
   * The reservation of exactly this range.
   * @throws ServiceError NotFound, OsError, LedgerCorrupt
   */
  async lookup({ protocol, range }: ReservationLookupParams): Promise<Reservation> {
    checkRange(range, 'range.numberOfPorts');
    const found = (await this.#ledger.read()).find(
      (item) => item.protocol === protocol && sameRange(item.range, range),
    );
    if (!found) throw notFound(formatPorts(protocol, range));
    return found;
  }

  /**
   * The reservations this user may see, by protocol and start port.
   * @throws ServiceError OsError, LedgerCorrupt
   */
  async list({ protocol, lifetime, port, name }: ReservationListParams = {}): Promise<ReservationList> {
    const matches = name === undefined ? undefined : wildcard(name);
    const reservations = (await this.#ledger.read()).filter(
      (item) =>
        (protocol === undefined || item.protocol === protocol) &&
        (lifetime === undefined || item.lifetime === lifetime) &&
        (port === undefined || (item.range.startPort <= port && port <= endPort(item.range))) &&
        (matches === undefined || (item.name !== undefined && matches(item.name))),
    );
    reservations.sort((a, b) => a.protocol.localeCompare(b.protocol) || a.range.startPort - b.range.startPort);
    return { reservations };
  }

  /**
   * Frees the reservation of this token, or of exactly this protocol and range, and returns it.
   * @throws ServiceError NotFound, NotOwner, AccessDenied, NotSupported, OsError, LedgerBusy, LedgerCorrupt
   */
  async release(params: ReservationReleaseParams, signal?: AbortSignal): Promise<Reservation> {
    if (params.range) checkRange(params.range, 'range.numberOfPorts');
    return this.#ledger.change(async (change) => {
      const reservation = this.#releasable(params, change);
      const rest = change.own.filter((item) => item !== reservation);
      if (reservation.lifetime === 'runtime') {
        await change.write(rest);
        await this.#provider.release(reservation);
        this.#held.delete(reservation.token);
      } else {
        await this.#releasePersistent(reservation, rest, change);
      }
      return reservation;
    }, signal);
  }

  /** Frees everything held here: the ports at once, then their records. Persistent reservations stay. */
  async close(): Promise<void> {
    this.#provider.close();
    if (this.#held.size === 0) return;
    await this.#ledger.change((change) => change.write(change.own.filter((item) => !this.#held.has(item.token))));
    this.#held.clear();
  }

  /** The very reservation that is asked for, if the caller may have it: its own, or a persistent one. */
  #existing({ protocol, lifetime, range }: CreateRequest, { own, system }: LedgerChange): Reservation | undefined {
    return [...own, ...system].find(
      (item) =>
        item.protocol === protocol &&
        item.lifetime === lifetime &&
        sameRange(item.range, range!) &&
        (lifetime === 'persistent' || this.#held.has(item.token)),
    );
  }

  async #claim(request: CreateRequest, { own, system }: LedgerChange, signal?: AbortSignal): Promise<Claimed> {
    const { protocol, lifetime, numberOfPorts } = request;
    const others = [...own, ...system].filter((item) => item.protocol === protocol);
    const claim = (range: PortRange) => this.#provider.claim({ protocol, range, lifetime, signal });
    if (request.range) {
      refuseOverlap(protocol, request.range, others);
      return { range: request.range, token: await claim(request.range) };
    }
    const survey = await this.#provider.survey(protocol, numberOfPorts >= surveySocketsFrom);
    const avoid = portsToAvoid(
      survey,
      others.map((item) => item.range),
    );
    const window = request.within ?? defaultWindow(survey.dynamicRange, numberOfPorts);
    const { range, claimed } = await claimFreeRange({ protocol, numberOfPorts, window }, avoid, claim);
    return { range, token: claimed };
  }

  /** Writes the record and settles the system; whatever fails, both are as before. */
  async #record(reservation: Reservation, change: LedgerChange, signal?: AbortSignal): Promise<void> {
    const before = change.own;
    const after = [...before, reservation];
    let written = false;
    try {
      signal?.throwIfAborted();
      await change.write(after);
      written = true;
      if (reservation.lifetime === 'persistent') await this.#provider.settle(this.#persistent(after));
      else this.#held.add(reservation.token);
    } catch (error) {
      await this.#provider.release(reservation);
      if (written) await change.write(before);
      throw error;
    }
  }

  async #releasePersistent(reservation: Reservation, rest: Reservation[], change: LedgerChange): Promise<void> {
    const before = change.own;
    await this.#provider.release(reservation);
    try {
      await change.write(rest);
    } catch (error) {
      await this.#provider.settle(this.#persistent(before));
      throw error;
    }
  }

  #persistent(records: readonly Reservation[]): Reservation[] {
    return records.filter((item) => item.lifetime === 'persistent' && item.provider === this.#provider.name);
  }

  #releasable({ token, protocol, range }: ReservationReleaseParams, { own, system }: LedgerChange): Reservation {
    const fits = (item: Reservation) =>
      (token === undefined || item.token === token) &&
      (protocol === undefined || item.protocol === protocol) &&
      (range === undefined || sameRange(item.range, range));
    const target = protocol && range ? formatPorts(protocol, range) : `token ${token}`;
    const reservation = own.find(fits);
    if (!reservation) {
      const foreign = system.find(fits);
      if (!foreign) throw notFound(target);
      throw new ServiceError(
        'AccessDenied',
        `${capital(describe(foreign))} is the system's; this user may not free it.`,
        {
          target,
          hint: 'Run it as root or from an elevated process.',
        },
      );
    }
    if (reservation.lifetime === 'runtime' && !this.#held.has(reservation.token)) {
      throw new ServiceError('NotOwner', `${capital(describe(reservation))} is held by another worker.`, {
        target,
        hint: `Release it in process ${reservation.owner.processId}, or end that process: its ports are free at once then.`,
      });
    }
    if (reservation.provider !== this.#provider.name) {
      throw new ServiceError(
        'NotSupported',
        `${capital(describe(reservation))} was made by the ${reservation.provider} provider; this is the ${this.#provider.name} provider.`,
        { target, hint: `Start the worker with --provider ${reservation.provider}.` },
      );
    }
    return reservation;
  }
}

function notFound(target: string): ServiceError {
  return new ServiceError('NotFound', `There is no reservation of ${target}.`, {
    target,
    hint: 'The range must be exactly the reserved one. List the reservations to see them.',
  });
}

const capital = (sentence: string): string => sentence[0]!.toUpperCase() + sentence.slice(1);
