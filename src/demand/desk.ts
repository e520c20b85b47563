import type {
  Hold,
  Owner,
  Reservation,
  ReservationCreateParams,
  Reservations,
} from '../protocol/generated/contract.ts';
import type { PortService } from '../service/port-service.ts';
import { createRequest } from '../service/reservations/requests.ts';
import { type Asker, lives, ownerOf } from './asker.ts';
import { Soon } from './soon.ts';
import { Stock } from './stock.ts';

/** Who asks, and what is done with the answer. */
interface Waiting<T> {
  asker: Asker;
  resolve: (answer: T) => void;
  reject: (error: unknown) => void;
}

type Ask = Waiting<Reservations> & { params: ReservationCreateParams };

/** What one process has, and is freed when it has ended. */
interface Kept {
  asker: Asker;
  owner: Partial<Owner>;
  reservations: Reservation[];
}

/** What a desk stands on. */
export interface DeskOptions {
  service: () => Promise<PortService>;
  platform: NodeJS.Platform;
  /** How single ports are held. */
  hold: Hold;
}

/** Milliseconds between two looks at who still lives; more of them are looked at less often. */
const pause = { shortest: 250, perProcess: 1 };

/** Milliseconds after the last question that what is reserved ahead is kept. */
const keptAhead = 2000;

/** When it is recorded whose a port is; until then it is this process's. One who asks alone hardly waits, many cost one write. */
const recorded = { quiet: 2, apart: 25, within: 100 };

/** How often a reader's look at what is recorded is waited for: while many ask, there is always some more. */
const mostRecordings = 3;

/** As many as are made in one step of the ledger. */
const mostTogether = 64;

/**
 * Gives ports to processes for as long as they live. What is asked for at the same time is made in one change of the ledger,
 * so that sixteen who ask cost little more than one.
 */
export class Desk {
  readonly #options: DeskOptions;
  readonly #stock: Stock;
  readonly #kept = new Map<string, Kept>();
  #singles: Waiting<number>[] = [];
  #asks: Ask[] = [];
  /** What is being done, and nothing else meanwhile. */
  #working: Promise<void> | undefined;
  /** Whether what was given is to be recorded before the work ends. */
  #mustRecord = false;
  #askedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #recording = new Soon(() => void this.#record(), recorded);
  #isClosed = false;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#stock = new Stock(options.service, options.hold);
  }

  /**
   * A port for that process, free in TCP and UDP.
   * @throws what a creation throws
   */
  async port(asker: Asker): Promise<number> {
    this.#askedAt = performance.now();
    const ready = this.#singles.length === 0 ? await this.#take(asker) : undefined;
    if (ready !== undefined) return ready;
    return new Promise<number>((resolve, reject) => {
      this.#singles.push({ asker, resolve, reject });
      void this.#work();
    });
  }

  /**
   * Reserves for that process.
   * @throws what a creation throws
   */
  give(params: ReservationCreateParams, asker: Asker): Promise<Reservations> {
    return new Promise<Reservations>((resolve, reject) => {
      this.#asks.push({ params, asker, resolve, reject });
      void this.#work();
    });
  }

  /** Looks no more. What is reserved ends with the service. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#recording.close();
  }

  /** Resolves when it is recorded whose the ports are that were given until now, if that can be. */
  async record(): Promise<void> {
    for (let times = 0; times < mostRecordings && this.#stock.isUnrecorded; times++) await this.#record();
  }

  async #take(asker: Asker): Promise<number | undefined> {
    const kept = this.#keptOf(asker);
    const recorded = (reservations: Reservation[]) => void kept.reservations.push(...reservations);
    const port = await this.#stock.take({ owner: kept.owner, recorded });
    if (port !== undefined) this.#recording.ask();
    return port;
  }

  #record(): Promise<void> {
    this.#mustRecord = true;
    return this.#work();
  }

  /** Answers all that wait, and brings the record up to what was given where that is due; resolves when all is done. */
  async #work(): Promise<void> {
    while (!this.#isClosed && this.#isDue) await (this.#working ?? this.#alone(() => this.#answerAll()));
    this.#lookLater();
  }

  get #isDue(): boolean {
    return this.#mustRecord || this.#asks.length + this.#singles.length > 0;
  }

  async #alone(work: () => Promise<void>): Promise<void> {
    const doing = work();
    this.#working = doing.catch(() => {}); // who only waits is told nothing
    try {
      await doing;
    } finally {
      this.#working = undefined;
    }
  }

  async #answerAll(): Promise<void> {
    try {
      while (this.#asks.length + this.#singles.length > 0) {
        await this.#makeAsks(this.#asks.splice(0, mostTogether));
        await this.#serveSingles();
      }
      if (this.#stock.isLow) await this.#stock.fill(0).catch(() => {}); // who asks next is told
      if (!this.#mustRecord) return;
      this.#mustRecord = false;
      await this.#stock.record();
    } catch {
      // The record could not be written: the ports are kept all the same, and the next look tries again.
      this.#mustRecord = false;
    }
  }

  async #serveSingles(): Promise<void> {
    while (this.#singles.length > 0) {
      const together = this.#singles.splice(0);
      try {
        if (this.#stock.left < together.length) await this.#stock.fill(together.length);
      } catch (error) {
        for (const { reject } of together) reject(error);
        return;
      }
      for (const one of together) {
        const port = await this.#take(one.asker);
        if (port === undefined) this.#singles.push(one);
        else one.resolve(port);
      }
    }
  }

  async #makeAsks(asks: readonly Ask[]): Promise<void> {
    const made: { ask: Ask; request: ReturnType<typeof createRequest> }[] = [];
    for (const ask of asks) {
      try {
        made.push({ ask, request: createRequest(ask.params, this.#keptOf(ask.asker).owner) });
      } catch (error) {
        ask.reject(error);
      }
    }
    if (made.length === 0) return;
    try {
      const service = await this.#options.service();
      const { wishes } = await service.carryOut({ wishes: made.map(({ request }) => ({ requests: [request] })) });
      for (const [index, { ask }] of made.entries()) this.#answer(ask, wishes[index]!);
    } catch (error) {
      for (const { ask } of made) ask.reject(error);
    }
  }

  #answer({ asker, resolve, reject }: Ask, wish: Awaited<ReturnType<PortService['carryOut']>>['wishes'][number]): void {
    if (wish.status === 'rejected') {
      reject(wish.reason);
      return;
    }
    const { reservations, warnings } = wish.value.made[0]!;
    this.#keptOf(asker).reservations.push(...reservations);
    resolve({ reservations: [...reservations], ...(warnings.length > 0 && { warnings: [...warnings] }) });
  }

  #keptOf(asker: Asker): Kept {
    const key = `${asker.processId} ${asker.startTime}`;
    const known = this.#kept.get(key);
    if (known) return known;
    const kept = { asker, owner: ownerOf(asker.processId, this.#options.platform), reservations: [] };
    this.#kept.set(key, kept);
    return kept;
  }

  #lookLater(): void {
    if (this.#timer || this.#isClosed) return;
    const rest = Math.max(pause.shortest, pause.perProcess * this.#kept.size);
    this.#timer = setTimeout(async () => {
      await this.#look().catch(() => {}); // the next look tries again
      this.#timer = undefined;
      if (this.#kept.size + this.#stock.left > 0) this.#lookLater();
    }, rest).unref();
  }

  async #look(): Promise<void> {
    await this.#record();
    if (this.#working || this.#isClosed) return;
    await this.#alone(async () => {
      if (this.#stock.left > 0 && performance.now() - this.#askedAt > keptAhead) await this.#stock.empty();
      await this.#freeThoseOfTheDead();
    });
    await this.#work();
  }

  async #freeThoseOfTheDead(): Promise<void> {
    // What is not recorded as theirs yet could not be freed.
    if (this.#stock.isUnrecorded) return;
    const dead: [string, Kept][] = [];
    for (const entry of this.#kept) if (!(await lives(entry[1].asker, this.#options.platform))) dead.push(entry);
    if (dead.length === 0) return;
    const all = dead.flatMap(([, { reservations }]) => reservations);
    const releases = all.map(({ protocol, range }) => ({ protocol, range }));
    if (releases.length > 0) await (await this.#options.service()).carryOut({ releases });
    for (const [key] of dead) this.#kept.delete(key);
  }
}
