import type { Ledger } from '../ledger/ledger.ts';
import type {
  Capabilities,
  CreatedReservations,
  DynamicRangeList,
  ExclusionAddParams,
  ExclusionList,
  ExclusionListParams,
  ExclusionRemoveParams,
  FreeRangeList,
  PortExclusion,
  PortFindParams,
  PortInspectParams,
  PortMap,
  PortMapParams,
  PortStatusList,
  ProbeResult,
  Protocol,
  ProviderName,
  Reservation,
  ReservationChangedParams,
  ReservationCreateAllParams,
  ReservationCreateParams,
  ReservationList,
  ReservationListParams,
  ReservationLookupParams,
  ReservationProbeParams,
  ReservationReleaseParams,
  SystemDynamicRangeParams,
} from '../protocol/generated/contract.ts';
import { PortSet } from '../protocol/port-set.ts';
import { byPlace, checkRange, keyOf, sameRange } from '../protocol/ranges.ts';
import type { Provider } from '../providers/provider.ts';
import type { CallOptions } from './call-options.ts';
import { Exclusions } from './exclusions/exclusions.ts';
import { matching } from './matching.ts';
import { dynamicRanges } from './ports/dynamic-ranges.ts';
import { findFree } from './ports/find-free.ts';
import { inspect } from './ports/inspect.ts';
import { drawingAs, portMap } from './ports/map.ts';
import { contentOf, type Present, presentIn } from './present.ts';
import { Creation } from './reservations/creation.ts';
import { KnownReservations } from './reservations/known-reservations.ts';
import type { Granted } from './reservations/recorder.ts';
import { release } from './reservations/release.ts';
import { createRequest, portOf } from './reservations/requests.ts';
import { type ReservationWatch, ReservationWatches } from './reservations/reservation-watch.ts';

/**
 * Reserves ports: decides, under the ledger's lock, which range is given to whom, lets the provider do it, and keeps the
 * record. Holds its runtime reservations until they are released or the service is closed.
 */
export class PortService {
  readonly #provider: Provider;
  readonly #ledger: Ledger;
  readonly #known: KnownReservations;
  readonly #creation: Creation;
  readonly #exclusions: Exclusions;
  /** The runtime reservations held here: another service of the same process has the same owner. */
  readonly #held = new Map<string, Granted>();
  readonly #watches: ReservationWatches;

  constructor(provider: Provider, ledger: Ledger) {
    this.#provider = provider;
    this.#ledger = ledger;
    this.#known = new KnownReservations(provider, this.#held);
    this.#creation = new Creation({ provider, ledger, known: this.#known, held: this.#held });
    this.#exclusions = new Exclusions({ provider, ledger, known: this.#known });
    this.#watches = new ReservationWatches(ledger, this.#known);
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
  async create(params: ReservationCreateParams, { signal }: CallOptions = {}): Promise<Reservation> {
    const [reservation] = await this.#creation.run(createRequest({ ...params, protocol: [params.protocol] }), signal);
    return reservation!;
  }

  /**
   * Reserves the same block of ports in each of the protocols, or in none.
   *
   * @throws what `create` does; nothing has changed then
   */
  async createAll(params: ReservationCreateAllParams, { signal }: CallOptions = {}): Promise<CreatedReservations> {
    return { reservations: await this.#creation.run(createRequest(params), signal) };
  }

  /**
   * The same for several requests at once: each is made or refused by itself, while the ledger and the system are written
   * once for all.
   *
   * @throws ServiceError LedgerBusy, LedgerCorrupt, AccessDenied, OsError where the ledger cannot be changed at all
   */
  async createEach(all: readonly ReservationCreateAllParams[]): Promise<PromiseSettledResult<CreatedReservations>[]> {
    const outcomes = await this.#creation.runEach(all.map(createRequest));
    return outcomes.map((one) => (one.status === 'fulfilled' ? { ...one, value: { reservations: one.value } } : one));
  }

  /**
   * The reservation of exactly this range.
   * @throws ServiceError NotFound, AccessDenied, OsError, LedgerCorrupt
   */
  async lookup({ protocol, range }: ReservationLookupParams): Promise<Reservation> {
    checkRange(range, 'range.numberOfPorts');
    const records = (await this.#ledger.read()).filter((item) => sameRange(item.range, range));
    return this.#known.get({ protocol, range }, records);
  }

  /**
   * The reservations this user may see, by protocol and start port.
   * @throws ServiceError AccessDenied, OsError, LedgerCorrupt
   */
  async list({ protocol, lifetime, port, name, document }: ReservationListParams = {}): Promise<ReservationList> {
    const matches = matching({ port, name });
    const { reservations, warnings } = await this.#known.all(await this.#ledger.read());
    const wanted = reservations.filter(
      (item) =>
        (protocol === undefined || item.protocol === protocol) &&
        (lifetime === undefined || item.lifetime === lifetime) &&
        (document === undefined || item.document === document) &&
        matches(item),
    );
    wanted.sort(byPlace);
    return { reservations: wanted, ...(warnings.length && { warnings }) };
  }

  /**
   * Frees the reservation of this token, or of exactly this protocol and range, and returns it.
   * @throws ServiceError NotFound, NotOwner, AccessDenied, NotSupported, OsError, LedgerBusy, LedgerCorrupt
   */
  async release(params: ReservationReleaseParams, { signal }: CallOptions = {}): Promise<Reservation> {
    if (params.range) checkRange(params.range, 'range.numberOfPorts');
    const surroundings = { provider: this.#provider, known: this.#known, held: this.#held };
    return this.#ledger.change((change) => release(params, change, surroundings), signal);
  }

  /**
   * Proves that the reservation can be used: binds a new socket inside it, reports the port, and closes it.
   *
   * @throws InvalidParamsError a port outside the range
   * @throws ServiceError NotFound, PortInUse, NotOwner, AccessDenied, NotSupported, OsError, LedgerCorrupt
   */
  async probe({ port, ...wanted }: ReservationProbeParams): Promise<ProbeResult> {
    if (wanted.range) checkRange(wanted.range, 'range.numberOfPorts');
    const reservation = await this.#known.get(wanted, await this.#ledger.read());
    const ports = port === undefined ? reservation.range : portOf(reservation, port);
    return { port: await this.#provider.probe(reservation, ports) };
  }

  /**
   * Keeps a range out of automatic choice, while anyone may bind it by number. What is excluded already is returned: an
   * own exclusion of exactly this range, or another's that holds all of it.
   *
   * @throws InvalidParamsError a range past 65535
   * @throws ServiceError AccessDenied, PortInUse, RangeReserved, RangeExcluded, NotSupported, OsError, LedgerBusy,
   * LedgerCorrupt; nothing has changed then
   */
  addExclusion(params: ExclusionAddParams, { signal }: CallOptions = {}): Promise<PortExclusion> {
    return this.#exclusions.add(params, signal);
  }

  /**
   * Gives exactly this range back to automatic choice, and returns what was removed. Others' exclusions only with `force`.
   * @throws ServiceError NotFound, NotOwner, AccessDenied, NotSupported, OsError, LedgerBusy, LedgerCorrupt
   */
  removeExclusion(params: ExclusionRemoveParams, { signal }: CallOptions = {}): Promise<PortExclusion> {
    return this.#exclusions.remove(params, signal);
  }

  /**
   * The exclusions of the system, own and others', by protocol and start port.
   * @throws ServiceError AccessDenied, NotSupported, OsError, LedgerCorrupt
   */
  listExclusions(params: ExclusionListParams = {}): Promise<ExclusionList> {
    return this.#exclusions.list(params);
  }

  /**
   * What each port is, who has it or why it is refused, and what to do, by port and protocol.
   *
   * @throws InvalidParamsError a range past 65535
   * @throws ServiceError AccessDenied, NotSupported, OsError, LedgerCorrupt
   */
  async inspect({ protocol, port: ranges }: PortInspectParams, options: CallOptions = {}): Promise<PortStatusList> {
    for (const [index, range] of ranges.entries()) checkRange(range, `port.${index}.numberOfPorts`);
    const recorded = await this.#ledger.readAll();
    const known = await this.#known.all(recorded.reservations);
    const isHeldHere = (reservation: Reservation) => this.#held.has(keyOf(reservation));
    const asked = { protocols: protocol, ranges: PortSet.of(ranges).ranges() };
    const exclusions = this.#exclusions.ofProvider(recorded.exclusions);
    return inspect(this.#provider, asked, { ...known, exclusions, isHeldHere }, options);
  }

  /**
   * What all ports of a protocol are, by the system's tables alone, and drawn if asked.
   *
   * @throws InvalidParamsError what is of a text for an svg, or colors in ASCII
   * @throws ServiceError AccessDenied, NotSupported, OsError, LedgerCorrupt
   */
  async map({ protocol, render: rendering }: PortMapParams, { signal }: CallOptions = {}): Promise<PortMap> {
    const drawn = await drawingAs(rendering);
    const overview = await this.#provider.overview(protocol, signal);
    const present = await this.#presentNow();
    const isAsked = (item: { protocol: Protocol }) => item.protocol === protocol;
    const exclusions = present.exclusions.filter(isAsked);
    const warnings = [...present.warnings, ...overview.warnings];
    return drawn(portMap(protocol, { ...overview, exclusions, warnings }, present.reservations.filter(isAsked)));
  }

  /**
   * Blocks of ports that are free in each of the protocols, lowest first. Nothing is reserved.
   *
   * @throws InvalidParamsError a sum past 65535, or a block larger than where it is looked for
   * @throws ServiceError NoFreeRange, AccessDenied, NotSupported, OsError, LedgerCorrupt
   */
  async find(params: PortFindParams, { signal }: CallOptions = {}): Promise<FreeRangeList> {
    const reservations = await this.#known.verified(await this.#ledger.read());
    return findFree(this.#provider, params, { reservations, signal });
  }

  /**
   * Where the system takes the ports from that it chooses by itself, with a warning where that begins below 10000.
   * @throws ServiceError OsError, NotSupported
   */
  dynamicRange(params: SystemDynamicRangeParams = {}): Promise<DynamicRangeList> {
    return dynamicRanges(this.#provider, params);
  }

  /**
   * All reservations and exclusions at one moment.
   *
   * @param settles whether what a killed worker left undone is completed first
   * @throws ServiceError AccessDenied, NotSupported, OsError, LedgerBusy, LedgerCorrupt
   */
  async present({ settles }: { settles: boolean }, { signal }: CallOptions = {}): Promise<Present> {
    if (!settles) return this.#presentNow();
    return this.#ledger.change(async (change) => {
      await this.#exclusions.settle(change);
      return presentIn(this.#known, this.#exclusions, contentOf(change));
    }, signal);
  }

  /**
   * Completes what a killed worker left undone: the system agrees with the record again.
   * @throws ServiceError AccessDenied, NotSupported, OsError, LedgerBusy, LedgerCorrupt
   */
  settle({ signal }: CallOptions = {}): Promise<void> {
    return this.#ledger.change((change) => this.#exclusions.settle(change), signal);
  }

  /**
   * Tells the listener of every change of the recorded reservations, whoever makes it, until the watch or the service is
   * closed; what is there already is not told. The watch keeps the process alive. The ledger's changes are told as they
   * come, several at once where they come fast, or where the listener returns a promise and it takes time; a process that
   * was killed, within about a second. What other programs reserve at the system itself is not recorded and not told.
   *
   * @param onTrouble is told why the ledger cannot be read or watched now, and what the listener threw; the watch goes on,
   * without the system's help by a look every ten seconds
   *
   * @example
   * const watch = await service.watch(({ added, removed }) => console.log(added, removed));
   * watch.close();
   */
  watch(
    listener: (change: ReservationChangedParams) => unknown,
    { onTrouble = () => {} }: { onTrouble?: (error: unknown) => void } = {},
  ): Promise<ReservationWatch> {
    return this.#watches.begin({ onChange: listener, onTrouble });
  }

  /** Ends all watches and frees everything held here: the ports at once, then their records. Persistent reservations stay. */
  async close(): Promise<void> {
    this.#watches.close();
    await this.#provider.close();
    if (this.#held.size === 0) return;
    await this.#ledger.change((change) => change.write(change.own.filter((item) => !this.#held.has(keyOf(item)))));
    this.#held.clear();
  }

  async #presentNow(): Promise<Present> {
    return presentIn(this.#known, this.#exclusions, await this.#ledger.readAll());
  }
}
