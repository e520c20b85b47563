import { ServiceError } from '../protocol/errors.ts';
import type { PortRange, Reservation } from '../protocol/generated/contract.ts';
import { endPort, formatRange } from '../protocol/ranges.ts';
import type { CallOptions } from '../service/call-options.ts';
import { type Asked, type Block, blockFor, keyOf, partOf, samePlace, serves } from './blocks.ts';
import { folderAt } from './folder.ts';
import type { Tools } from './generated/contract.ts';
import { type Given, given, moved, startThere, useServer, weakest, who } from './given.ts';
import type { Pin, Pins } from './pins.ts';
import type { PortDesk } from './port-desk.ts';
import { type Holder, holderIn } from './whose.ts';
import { wishes } from './wishes.ts';

/** How often a block that the service chose may turn out to be promised to another folder. */
const mostChoices = 64;

/** The ports of folders, held by this session: by folder and label, whoever asks. */
export class FolderPorts {
  readonly #desk: PortDesk;
  readonly #pins: Pins;
  readonly #mine = new Map<string, Reservation[]>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(desk: PortDesk, pins: Pins) {
    this.#desk = desk;
    this.#pins = pins;
  }

  /**
   * The ports of the folder: those it has, else those it had last, else others that are free.
   * @throws InvalidParamsError naming `folder`
   * @throws ServiceError what creating a reservation does
   */
  reserve(params: Tools['reserve_ports']['params'], options: CallOptions = {}): Promise<Given> {
    const { label = 'web', numberOfPorts = 1, protocol: protocols = ['tcp'], startPort } = params;
    const asked = { folder: folderAt(params.folder, label), label, protocols, numberOfPorts, startPort };
    return this.#inTurn(() => this.#reserve(asked, options), options);
  }

  /** Frees what this session holds for the folder and label, and says which ports these were. */
  release({ folder, label = 'web' }: Tools['release_ports']['params'], options: CallOptions = {}): Promise<number[]> {
    const key = keyOf({ folder: folderAt(folder, label), label });
    return this.#inTurn(async () => {
      const held = this.#mine.get(key) ?? [];
      this.#mine.delete(key);
      await this.#giveBack(held);
      const ports = held.flatMap(({ range }) =>
        Array.from({ length: range.numberOfPorts }, (_, index) => range.startPort + index),
      );
      return [...new Set(ports)].sort((a, b) => a - b);
    }, options);
  }

  /** One after the other: two calls for one folder must not both find that it has nothing. */
  async #inTurn<T>(work: () => Promise<T>, { signal }: CallOptions): Promise<T> {
    const before = this.#turn;
    const mine = before.then(() => {
      signal?.throwIfAborted();
      return work();
    });
    this.#turn = mine.catch(() => {});
    return mine;
  }

  async #reserve(asked: Asked, options: CallOptions): Promise<Given> {
    await this.#widen(asked, options);
    const before = await this.#blockOf(asked);
    if (!before) return this.#take(asked, options);
    const answer = await this.#answer(before, asked, options);
    return answer ?? this.#take(asked, options);
  }

  /** Adds the protocols that a block held here lacks, if it can be. */
  async #widen(asked: Asked, options: CallOptions): Promise<void> {
    const held = this.#mine.get(keyOf(asked)) ?? [];
    const missing = asked.protocols.filter((protocol) => !held.some((item) => item.protocol === protocol));
    if (held.length === 0 || missing.length === 0 || !serves(held[0]!.range, asked)) return;
    try {
      held.push(...(await this.#desk.reserve(requestOf({ ...asked, protocols: missing }, held[0]!.range), options)));
    } catch (error) {
      if (!isAboutPorts(error)) throw error;
    }
  }

  async #blockOf(asked: Asked): Promise<Block | undefined> {
    const { reservations } = await this.#desk.list();
    return blockFor(asked, reservations, this.#mine.get(keyOf(asked)) ?? []);
  }

  /** What there is to say of a block that is reserved; nothing where the server of another folder is on it. */
  async #answer(block: Block, asked: Asked, options: CallOptions): Promise<Given | undefined> {
    const range = partOf(block.range, asked);
    const servers = await this.#serversOn(range, asked, options);
    if (servers.some(({ whose }) => whose === 'otherFolder')) {
      if (asked.startPort !== undefined) throw takenBy(range, servers);
      return undefined;
    }
    const enforcement = weakest(block.reservations);
    if (servers.length > 0) {
      return given('alreadyServing', range, asked.protocols, { enforcement, servers, next: useServer(servers) });
    }
    if (block.isMine) return given('reserved', range, asked.protocols, { enforcement, next: startThere });
    const next = `Another session of this folder holds them (process ${block.reservations[0]!.owner?.processId}), and nothing listens there yet. Your server may be started there, too; if that session starts one, use it. Ask again when it has ended.`;
    return given('sharedWithOtherSession', range, asked.protocols, { enforcement, next });
  }

  async #take(asked: Asked, options: CallOptions): Promise<Given> {
    const pins = this.#pins.all();
    const pin = pins.find((one) => one.folder === asked.folder.path && one.label === asked.label);
    let inTheWay: Holder[] = [];
    for await (const startPort of this.#starts(asked, pins, pin)) {
      const isOwn = startPort !== undefined && (startPort === pin?.startPort || startPort === asked.startPort);
      try {
        const reservations = await this.#desk.reserve(requestOf(asked, { startPort }), options);
        const { range } = reservations[0]!;
        if (!isOwn && this.#pins.rival(this.#pins.all(), pinOf(asked, range))) await this.#giveBack(reservations);
        else return await this.#keep(asked, reservations, pin, inTheWay);
      } catch (error) {
        if (!isAboutPorts(error)) throw error;
        const answer = await this.#meanwhile(error, asked, options);
        if (answer) return answer;
        if (isOwn) {
          const range = { startPort, numberOfPorts: asked.numberOfPorts };
          const servers = await this.#serversOn(range, asked, options);
          if (servers.length > 0 && servers.every(({ whose }) => whose === 'yours')) {
            return given('alreadyServing', range, asked.protocols, { servers, next: useServer(servers) });
          }
          if (asked.startPort !== undefined) throw servers.length > 0 ? takenBy(range, servers, error) : error;
          inTheWay = servers;
        }
      }
    }
    throw new ServiceError('NoFreeRange', `No ${asked.numberOfPorts} consecutive ports are left for this folder.`, {
      hint: 'Ask for fewer ports.',
    });
  }

  /** Another session of the same folder may just have got its ports. */
  async #meanwhile(error: ServiceError, asked: Asked, options: CallOptions): Promise<Given | undefined> {
    if (error.errorName !== 'RangeReserved') return undefined;
    const block = await this.#blockOf(asked);
    return block && !block.isMine ? this.#answer(block, asked, options) : undefined;
  }

  /** Where to try, in this order; undefined leaves it to the service. */
  async *#starts(asked: Asked, pins: readonly Pin[], pin: Pin | undefined): AsyncGenerator<number | undefined> {
    if (asked.startPort !== undefined) {
      yield asked.startPort;
      return;
    }
    if (pin) yield pin.startPort;
    const { folder, label, numberOfPorts, protocols } = asked;
    const { reservations } = await this.#desk.list();
    const taken = [...pins, ...reservations.map(({ range }) => range)];
    const dynamicRange = await this.#desk.dynamicRange(protocols[0]!);
    yield* wishes({ folder: folder.path, label, numberOfPorts }, dynamicRange, taken);
    for (let n = 0; n < mostChoices; n++) yield undefined;
  }

  /** Takes the new block for the folder's, in the place of what it had here, and remembers it. */
  async #keep(asked: Asked, reservations: Reservation[], pin: Pin | undefined, inTheWay: Holder[]): Promise<Given> {
    const key = keyOf(asked);
    const former = this.#mine.get(key) ?? [];
    this.#mine.set(key, reservations);
    await this.#giveBack(former.filter((item) => !reservations.some((one) => samePlace(one, item))));
    const { range } = reservations[0]!;
    const notes = [startThere];
    const before = former[0]?.range ?? pin;
    if (before && before.startPort !== range.startPort) notes.unshift(moved(before, inTheWay));
    notes.push(...(await this.#remember(pinOf(asked, range), pin)));
    return given('reserved', range, asked.protocols, { enforcement: weakest(reservations), next: notes.join(' ') });
  }

  /** Says what is wrong where it cannot be remembered: the ports are held all the same. */
  async #remember(fresh: Pin, pin: Pin | undefined): Promise<string[]> {
    const isInside = pin && pin.startPort <= fresh.startPort && endPort(fresh) <= endPort(pin);
    if (isInside || this.#pins.rival(this.#pins.all(), fresh)) return [];
    try {
      await this.#pins.keep(fresh);
      return [];
    } catch (error) {
      return [`They could not be remembered for the next session: ${(error as Error).message}`];
    }
  }

  async #serversOn(range: PortRange, { protocols, folder }: Asked, options: CallOptions): Promise<Holder[]> {
    const { ports } = await this.#desk.inspect(protocols, [range], options);
    const servers = new Map<string, Holder>();
    for (const { holders, reservation } of ports) {
      for (const holder of holders) {
        if (holder.state !== 'listening' || holder.processId === reservation?.owner?.processId) continue;
        servers.set(JSON.stringify([holder.processId, holder.user]), holderIn(folder.path, holder));
      }
    }
    return [...servers.values()];
  }

  async #giveBack(reservations: readonly Reservation[]): Promise<void> {
    for (const reservation of reservations) {
      await this.#desk.release(reservation).catch((error) => {
        if (!(error instanceof ServiceError && error.errorName === 'NotFound')) throw error;
      });
    }
  }
}

const pinOf = ({ folder, label }: Asked, { startPort, numberOfPorts }: PortRange): Pin => ({
  folder: folder.path,
  label,
  startPort,
  numberOfPorts,
});

const requestOf = ({ protocols, folder: { name, reason }, numberOfPorts }: Asked, range: Partial<PortRange>) => ({
  protocols,
  numberOfPorts,
  name,
  reason,
  ...range,
});

const aboutPorts = new Set<string>(['PortInUse', 'RangeReserved', 'RangeExcluded']);

const isAboutPorts = (error: unknown): error is ServiceError =>
  error instanceof ServiceError &&
  (aboutPorts.has(error.errorName) || (error.errorName === 'AccessDenied' && error.facts.port !== undefined));

const takenBy = (range: PortRange, servers: readonly Holder[], cause?: unknown) =>
  new ServiceError('PortInUse', `${formatRange(range)} is in use by ${servers.map(who).join(', ')}.`, {}, cause);
