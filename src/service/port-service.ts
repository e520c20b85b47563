import type { Ledger } from '../ledger/ledger.ts';
import type {
  Capabilities,
  DynamicRangeList,
  ExclusionAddParams,
  ExclusionListParams,
  ExclusionRemoveParams,
  Exclusions,
  FreeRangeList,
  ListedExclusions,
  ListedReservations,
  MovedLine,
  PortFindParams,
  PortInspectParams,
  PortMapParams,
  PortMaps,
  PortRange,
  PortStatusList,
  ProbedPorts,
  Protocol,
  ProtocolMap,
  ProviderName,
  Reservation,
  ReservationChangedParams,
  ReservationCreateParams,
  ReservationListParams,
  ReservationLookupParams,
  ReservationProbeParams,
  ReservationReleaseParams,
  Reservations,
  SystemDynamicRangeParams,
} from '../protocol/generated/contract.ts';
import { PortSet, rangesWithout } from '../protocol/port-set.ts';
import { byPlace, checkRange, keyOf, sameRange } from '../protocol/ranges.ts';
import { plainName } from '../protocol/wildcard.ts';
import type { Provider } from '../providers/provider.ts';
import type { CallOptions } from './call-options.ts';
import { asMade, compared } from './conditions.ts';
import type { Core } from './core.ts';
import type { Addition } from './exclusions/addition.ts';
import { ExclusionKeeper } from './exclusions/exclusions.ts';
import { ofProvider } from './exclusions/listing.ts';
import { asForeseen, Foresight } from './foresee.ts';
import { missingNames, selected } from './matching.ts';
import { dynamicRanges } from './ports/dynamic-ranges.ts';
import { findFree, type NoteFound } from './ports/find-free.ts';
import { inspect } from './ports/inspect.ts';
import { drawingAs, portMap } from './ports/map.ts';
import { contentOf, type Present, presentIn, withStatesOf } from './present.ts';
import { type Labelled, noAdmissionOfChildren, noSysctlHere, portInUse } from './refusals.ts';
import { checkIsDone, isKeptApart } from './reservations/apart.ts';
import { type Batch, type BatchOutcome, lookAhead, prospectOf, refused } from './reservations/batch.ts';
import { type Divided, divide, type Part } from './reservations/division.ts';
import { KnownReservations } from './reservations/known-reservations.ts';
import type { Granted, Made } from './reservations/obtained.ts';
import { record, takerOf } from './reservations/recorder.ts';
import { releasable } from './reservations/release.ts';
import { createRequest, portOf } from './reservations/requests.ts';
import { type ReservationWatch, ReservationWatches } from './reservations/reservation-watch.ts';

/**
 * Reserves ports: decides, under the ledger's lock, which range is given to whom, lets the provider do it, and keeps the
 * record. Holds its runtime reservations until they are released or the service is closed.
 */
export class PortService {
  readonly #core: Core;
  readonly #exclusions: ExclusionKeeper;
  readonly #foresight: Foresight;
  readonly #watches: ReservationWatches;

  readonly #note: NoteFound | undefined;

  /** @param note remembers for a moment what was found */
  constructor(provider: Provider, ledger: Ledger, note?: NoteFound) {
    this.#note = note;
    const held = new Map<string, Granted>();
    this.#core = { provider, ledger, held, known: new KnownReservations(provider, held) };
    this.#exclusions = new ExclusionKeeper(this.#core);
    this.#foresight = new Foresight(this.#core);
    this.#watches = new ReservationWatches(ledger, this.#core.known);
  }

  /** What carries the reservations out. */
  get provider(): ProviderName {
    return this.#core.provider.name;
  }

  /** What the provider gives on this machine. */
  get capabilities(): Capabilities {
    return this.#core.provider.capabilities;
  }

  /**
   * Reserves a block of ports: the one at `startPort`, or the first free one found; of several protocols the same block in
   * each of them, or in none. With `whatIf` says what would be reserved, or refuses as the change would.
   *
   * @param options.prefer where a free block is looked for first, from 0 to below 1 of the window; anywhere if absent
   * @throws InvalidParamsError a sum past 65535, or keys that exclude each other
   * @throws ServiceError AccessDenied, PortInUse, RangeReserved, RangeExcluded, NoFreeRange, NotSupported, OsError,
   * LedgerBusy, LedgerCorrupt; nothing has changed then
   */
  async create(
    params: ReservationCreateParams,
    { signal, prefer }: CallOptions & { prefer?: number | undefined } = {},
  ): Promise<Reservations> {
    const request = { ...createRequest(params), prefer };
    const { whatIf } = params;
    const { wishes } = await this.carryOut({ wishes: [{ requests: [request] }] }, { signal, whatIf });
    const [outcome] = wishes;
    if (outcome!.status === 'rejected') throw outcome!.reason;
    const [made] = outcome!.value.made;
    const { reservations, warnings } = made!;
    const lasting = params.lifetime === 'persistent' ? await this.foresights() : [];
    const all = [...warnings, ...lasting];
    const told = all.length > 0 && { warnings: all };
    if (whatIf) return { reservations: reservations.map(asForeseen), ...told };
    if (signal?.aborted) await this.#giveBack(made!, signal);
    return { reservations: reservations.map((one) => asMade(this.#core.provider, one)), ...told };
  }

  /**
   * Frees what was created while the call was cancelled: nobody may be there any more who knows of it.
   * @throws the signal's reason, where nothing has changed by that
   */
  async #giveBack({ reservations, created, updated }: Made, signal: AbortSignal): Promise<void> {
    const unwanted = reservations.filter(({ protocol }) => created.includes(protocol));
    if (unwanted.length === 0) return;
    const { releases } = await this.carryOut({ releases: unwanted });
    for (const release of releases) if (release.status === 'rejected') throw release.reason;
    if (updated.length === 0) signal.throwIfAborted();
  }

  /**
   * Makes several changes at once: each is done or refused by itself, while the ledger and the system are written once for
   * all. What cannot be recorded is done for none of them.
   *
   * @param options.whatIf says what would be done, and does nothing
   * @throws ServiceError LedgerBusy, LedgerCorrupt, AccessDenied, OsError where the ledger cannot be changed at all
   */
  async carryOut(
    batch: Batch,
    { signal, whatIf = false }: CallOptions & { whatIf?: boolean } = {},
  ): Promise<BatchOutcome> {
    const core = this.#core;
    if (whatIf) return this.#foresight.batch(batch, signal);
    if (batch.wishes?.length) await core.provider.prepare?.();
    const ahead = await lookAhead(core, batch);
    return core.ledger.change(
      async (change) => {
        const taker = takerOf(core, change);
        const prospect = await prospectOf(core, taker, batch, { ...ahead, view: change, signal });
        if (change.isShared) await checkIsDone(prospect, taker, change);
        try {
          await record(core, prospect, change, signal);
          return prospect;
        } catch (error) {
          return refused(prospect, error);
        }
      },
      { isShared: isKeptApart(core, batch), signal },
    );
  }

  /**
   * Records ports of a runtime reservation held here as reservations of their own, of other owners; see `divide`.
   * @throws ServiceError LedgerBusy, LedgerCorrupt, AccessDenied, OsError; nothing has changed then
   */
  divide(block: readonly Reservation[], parts: readonly Part[]): Promise<Divided> {
    return divide(this.#core, block, parts);
  }

  /**
   * The reservation of exactly this range, in each of the protocols.
   * @throws ServiceError NotFound, AccessDenied, OsError, LedgerCorrupt
   */
  async lookup({ protocol, range }: ReservationLookupParams): Promise<Reservations> {
    checkRange(range, 'range.numberOfPorts');
    const recorded = await this.#core.ledger.read({ startPort: range.startPort });
    const records = recorded.filter((item) => sameRange(item.range, range));
    const reservations: Reservation[] = [];
    for (const one of [protocol].flat())
      reservations.push(await this.#core.known.get({ protocol: one, range }, records));
    return { reservations: (await compared(this.#core.provider, { reservations })).reservations };
  }

  /**
   * The reservations this user may see, by protocol and start port.
   * @throws ServiceError AccessDenied, OsError, LedgerCorrupt
   */
  async list(params: ReservationListParams = {}, { signal }: CallOptions = {}): Promise<ListedReservations> {
    const { here, elsewhere } = await this.#core.ledger.readPlaces(this.#narrowing(params));
    const { reservations, warnings } = await this.#core.known.listed(params, here);
    const lost = this.#core.known.lost(here, reservations);
    const known = await selected([...reservations, ...lost, ...elsewhere], params, signal);
    const found = await compared(this.#core.provider, { reservations: known });
    const wanted = found.reservations.sort(byPlace);
    const missing = missingNames(params.name, wanted);
    const all = [...warnings, ...found.warnings];
    return { reservations: wanted, ...(all.length && { warnings: all }), ...(missing.length && { missing }) };
  }

  /**
   * Frees the reservation of this token, or of exactly this range in each of the protocols or in none, and returns what was
   * freed. With `whatIf` says what would be freed, or refuses as the change would.
   * @throws ServiceError NotFound, NotOwner, AccessDenied, NotSupported, OsError, LedgerBusy, LedgerCorrupt
   */
  async release(params: ReservationReleaseParams, { signal }: CallOptions = {}): Promise<Reservations> {
    if (params.whatIf) return { reservations: await this.#foresight.release(params) };
    const core = this.#core;
    return core.ledger.change(
      async (change) => {
        const gone = await releasable(core, params, change);
        await record(core, { obtained: [], gone }, change);
        return { reservations: gone };
      },
      { isShared: isKeptApart(core, { releases: [params] }), signal },
    );
  }

  /**
   * Proves that the reservation can be used: binds a new socket inside it, in each of the protocols, reports the ports, and
   * closes it.
   *
   * @throws InvalidParamsError a port outside the range
   * @throws ServiceError NotFound, PortInUse, NotOwner, AccessDenied, NotSupported, OsError, LedgerCorrupt
   */
  async probe({ port, protocol, ...wanted }: ReservationProbeParams): Promise<ProbedPorts> {
    if (wanted.range) checkRange(wanted.range, 'range.numberOfPorts');
    const records = await this.#core.ledger.read();
    const ports: ProbedPorts['ports'] = [];
    for (const one of protocol === undefined ? [undefined] : [protocol].flat()) {
      const reservation = await this.#core.known.get({ ...wanted, protocol: one }, records);
      const asked = port === undefined ? reservation.range : portOf(reservation, port);
      ports.push({ protocol: reservation.protocol, port: await this.#core.provider.probe(reservation, asked) });
    }
    return { ports };
  }

  /**
   * Lets the programs in that this process starts from here on, without a token, for runtime reservations of this service
   * that the kernel enforces. The process goes into a control group of its own for that.
   * @throws ServiceError AccessDenied, NotSupported, OsError
   */
  async admitChildren(reservations: readonly Reservation[]): Promise<void> {
    const { provider } = this.#core;
    if (!provider.admitChildren) throw noAdmissionOfChildren(provider.name);
    await provider.admitChildren(reservations);
  }

  /**
   * Keeps a range out of automatic choice, while programs that open a socket may bind it by number (on Windows HTTP.sys,
   * container ports and QUIC are refused); of several protocols in each of them, or in none. What is excluded already is returned: an own exclusion of exactly this range, or another's that holds all of it.
   * With `whatIf` says what would be excluded, or refuses as the change would.
   *
   * @throws InvalidParamsError a range past 65535
   * @throws ServiceError AccessDenied, PortInUse, RangeReserved, RangeExcluded, NotSupported, OsError, LedgerBusy,
   * LedgerCorrupt; nothing has changed then
   */
  async addExclusion(params: ExclusionAddParams, options: CallOptions = {}): Promise<Exclusions> {
    const additions = await this.replaceExclusions(params, [], options);
    const exclusions = additions.map(({ exclusion }) => exclusion);
    const told = additions.flatMap(({ warnings }) => warnings);
    if (params.whatIf) return { exclusions, ...(told.length && { warnings: told }) };
    const found = await compared(this.#core.provider, { exclusions });
    const warnings = [...told, ...found.warnings];
    return { exclusions: found.exclusions, ...(warnings.length && { warnings }) };
  }

  /** The same in place of what is the caller's, which stays where it fails; what each addition comes to. */
  replaceExclusions(
    params: ExclusionAddParams,
    replaced: readonly Labelled[],
    { signal }: CallOptions = {},
  ): Promise<Addition[]> {
    if (params.whatIf) return this.#foresight.additions(params, { replaced, signal });
    return this.#exclusions.add(params, { replaced, signal });
  }

  /**
   * Gives exactly this range back to automatic choice, in each of the protocols or in none, and returns what was removed.
   * Others' exclusions only with `force`. With `whatIf` says what would be removed, or refuses as the change would.
   * @throws ServiceError NotFound, NotOwner, AccessDenied, NotSupported, OsError, LedgerBusy, LedgerCorrupt
   */
  async removeExclusion(params: ExclusionRemoveParams, { signal }: CallOptions = {}): Promise<Exclusions> {
    if (params.whatIf) return { exclusions: await this.#foresight.removeExclusion(params) };
    return { exclusions: await this.#exclusions.remove(params, signal) };
  }

  /**
   * Refuses a range with a port that somebody has, other than in what is the caller's.
   * @throws ServiceError PortInUse, AccessDenied, NotSupported, OsError; the signal's reason
   */
  async refuseInUse(
    protocol: Protocol,
    range: PortRange,
    { own = [], signal }: { own?: readonly PortRange[]; signal?: AbortSignal } = {},
  ): Promise<void> {
    for (const part of own.length === 0 ? [range] : rangesWithout(range, own)) {
      const port = await this.#core.provider.firstRefused(protocol, part, signal);
      if (port !== undefined) throw portInUse(protocol, port);
    }
  }

  /**
   * The exclusions of the system, own and others', by protocol and start port.
   * @throws ServiceError AccessDenied, NotSupported, OsError, LedgerCorrupt
   */
  listExclusions(params: ExclusionListParams = {}, options: CallOptions = {}): Promise<ListedExclusions> {
    return this.#exclusions.list(params, options);
  }

  /**
   * What each port is, who has it or why it is refused, and what to do, by port and protocol.
   *
   * @throws InvalidParamsError a range past 65535
   * @throws ServiceError AccessDenied, NotSupported, OsError, LedgerCorrupt
   */
  async inspect({ protocol, ranges }: PortInspectParams, options: CallOptions = {}): Promise<PortStatusList> {
    for (const [index, range] of ranges.entries()) checkRange(range, `ranges.${index}.numberOfPorts`);
    const recorded = await this.#core.ledger.readAll();
    const all = await this.#core.known.all(recorded.reservations);
    const lost = this.#core.known.lost(recorded.reservations, all.reservations);
    const { reservations } = await compared(this.#core.provider, { reservations: [...all.reservations, ...lost] });
    const known = { ...all, reservations };
    const isHeldHere = (reservation: Reservation) => this.#core.held.has(keyOf(reservation));
    const asked = { protocols: [protocol].flat(), ranges: PortSet.of(ranges).ranges() };
    const exclusions = ofProvider(this.#core, recorded.exclusions);
    return inspect(this.#core.provider, asked, { ...known, exclusions, isHeldHere }, options);
  }

  /**
   * Whether the system's tables list a socket on a port of the range that may be another process's: a quick look before
   * `inspect`.
   * @throws ServiceError OsError
   */
  isUsedByOthers({ protocol, range }: Pick<Reservation, 'protocol' | 'range'>): Promise<boolean> {
    return this.#core.provider.isUsedByOthers(protocol, range);
  }

  /**
   * Whether something listens, receives or is connected on a port of the range, by the system's tables.
   * @throws ServiceError OsError
   */
  isServed({ protocol, range }: Pick<Reservation, 'protocol' | 'range'>): Promise<boolean> {
    return this.#core.provider.isServed(protocol, range);
  }

  /**
   * What all ports of each of the protocols are, by the system's tables alone, and drawn if asked.
   *
   * @throws InvalidParamsError what is of a text for an svg, or colors in ASCII
   * @throws ServiceError AccessDenied, NotSupported, OsError, LedgerCorrupt
   */
  async map({ protocol, render: rendering }: PortMapParams, { signal }: CallOptions = {}): Promise<PortMaps> {
    const drawn = await drawingAs(rendering);
    const present = await this.#presentNow();
    const maps: ProtocolMap[] = [];
    for (const one of [protocol].flat()) {
      const overview = await this.#core.provider.overview(one, signal);
      const isAsked = (item: { protocol: Protocol }) => item.protocol === one;
      const exclusions = present.exclusions.filter(isAsked);
      const warnings = [...present.warnings, ...overview.warnings];
      maps.push(portMap(one, { ...overview, exclusions, warnings }, present.reservations.filter(isAsked)));
    }
    return { maps: drawn(maps) };
  }

  /**
   * Blocks of ports that are free in each of the protocols, lowest first. Nothing is reserved; from a random start what was found
   * is not found again for two seconds, by any process of this user, where there is something else.
   *
   * @throws InvalidParamsError a sum past 65535, or a block larger than where it is looked for
   * @throws ServiceError NoFreeRange, AccessDenied, NotSupported, OsError, LedgerCorrupt
   */
  async find(params: PortFindParams, { signal }: CallOptions = {}): Promise<FreeRangeList> {
    const reservations = await this.#core.known.verified(await this.#core.ledger.read());
    return findFree(this.#core.provider, params, { reservations, signal, note: this.#note });
  }

  /**
   * Where the system takes the ports from that it chooses by itself, with a warning where that begins below 10000.
   * @throws ServiceError OsError, NotSupported
   */
  dynamicRange(params: SystemDynamicRangeParams = {}): Promise<DynamicRangeList> {
    return dynamicRanges(this.#core.provider, params);
  }

  /**
   * All reservations and exclusions at one moment.
   *
   * @param settles whether what a killed worker left undone is completed first
   * @throws ServiceError AccessDenied, NotSupported, OsError, LedgerBusy, LedgerCorrupt
   */
  async present({ settles }: { settles: boolean }, { signal }: CallOptions = {}): Promise<Present> {
    if (!settles) return this.#presentNow();
    return this.#core.ledger.change(
      async (change) => {
        // What is lost now is put back, and told as what was: so a look beforehand foresaw it.
        const before = await presentIn(this.#core, this.#exclusions, contentOf(change));
        await this.#exclusions.settle(change);
        const now = await presentIn(this.#core, this.#exclusions, contentOf(change));
        return withStatesOf(before, now);
      },
      { signal },
    );
  }

  /** What a file of somebody else's does to all that is to last, one sentence each. */
  async foresights(): Promise<string[]> {
    const { foresight } = (await this.#core.provider.conditions?.([])) ?? {};
    return foresight === undefined ? [] : [foresight];
  }

  /**
   * Moves the line of /etc/sysctl.conf that takes ports from what is to last into a file of sysctl.d.
   * @returns what was moved, or would be; undefined where there is nothing to move
   * @throws ServiceError NotSupported, AccessDenied, OsError
   */
  async moveSysctlConf(whatIf: boolean): Promise<MovedLine | undefined> {
    const { lineMover, name } = this.#core.provider;
    if (!lineMover) throw noSysctlHere(name);
    return lineMover.moveLine(whatIf);
  }

  /** Whether somebody else's file decides what the next restart begins with, so that no change of ours keeps anything. */
  async isOverridden(): Promise<boolean> {
    return (await this.#core.provider.conditions?.([]))?.isOverridden ?? false;
  }

  /**
   * Completes what a killed worker left undone: the system agrees with the record again.
   * @throws ServiceError AccessDenied, NotSupported, OsError, LedgerBusy, LedgerCorrupt
   */
  settle({ signal }: CallOptions = {}): Promise<void> {
    return this.#core.ledger.change((change) => this.#exclusions.settle(change), { signal });
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

  /**
   * Frees the ports held here at once, for a client that is gone while requests of it are still being served. Their records
   * go when the service is closed.
   */
  async letGo(): Promise<void> {
    for (const reservation of this.#core.held.values()) await this.#core.provider.release(reservation);
  }

  /** Ends all watches and frees everything held here: the ports at once, then their records. Persistent reservations stay. */
  async close(): Promise<void> {
    this.#watches.close();
    await this.#core.provider.close();
    this.#core.ledger.close();
    this.#core.held.clear();
  }

  /** Where the system has reservations of its own, all records are needed to tell which of them nobody recorded. */
  #narrowing({ range, name }: ReservationListParams): { startPort?: number; names?: string[] } {
    if (this.#core.provider.keptRanges) return {};
    const patterns = [name ?? []].flat();
    const names = patterns.map(plainName).filter((one) => one !== undefined);
    const arePlain = names.length > 0 && names.length === patterns.length;
    return { ...(range && { startPort: range.startPort }), ...(arePlain && { names }) };
  }

  async #presentNow(): Promise<Present> {
    return presentIn(this.#core, this.#exclusions, await this.#core.ledger.readAll());
  }
}
