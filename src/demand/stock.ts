import type { Hold, PortRange, Reservation } from '../protocol/generated/contract.ts';
import type { PortService } from '../service/port-service.ts';
import type { Part } from '../service/reservations/division.ts';

/** Ports that are reserved already, in one piece, and are for whoever asks next. */
interface Block {
  reservations: readonly Reservation[];
  /** The next to be given. */
  next: number;
  end: number;
  /** When its ports were found to be free. */
  since: number;
  /** Looked at, to be given. */
  taking: Set<number>;
  /** Given, and not yet recorded as somebody's. */
  parts: Given[];
}

/** A port that was given, and who is told what it is recorded as. */
interface Given extends Part {
  recorded: (reservations: Reservation[]) => void;
}

/** How many ports are reserved ahead: few for one who asks once, more where many ask. */
const size = { first: 4, most: 256, growth: 4 };

/** Milliseconds after which a port that nothing holds is looked at again before it is given. */
const sureFor = 250;

const protocols = ['tcp', 'udp'] as const;

/**
 * Single ports for many who ask: reserved ahead in blocks, given at once, and recorded as theirs right after. Between the two
 * they are recorded as this process's, so nobody else is given them.
 */
export class Stock {
  readonly #service: () => Promise<PortService>;
  readonly #hold: Hold;
  #blocks: Block[] = [];
  #size = size.first / size.growth;

  constructor(service: () => Promise<PortService>, hold: Hold) {
    this.#service = service;
    this.#hold = hold;
  }

  /** How many are there to be given at once. */
  get left(): number {
    return this.#blocks.reduce((sum, { next, end }) => sum + end - next, 0);
  }

  /** Whether some were given and are not recorded as somebody's yet. */
  get isUnrecorded(): boolean {
    return this.#blocks.some(({ parts, taking }) => parts.length + taking.size > 0);
  }

  /** Whether there should be more by now: who asks one after the other is not to wait for the next block. */
  get isLow(): boolean {
    return this.#size > size.first && this.left < this.#size / 2;
  }

  /** A port that is free at this moment; undefined where none is left. */
  async take(part: Omit<Given, 'port'>): Promise<number | undefined> {
    const service = await this.#service();
    for (let block = this.#nextBlock(); block; block = this.#nextBlock()) {
      const port = block.next++;
      block.taking.add(port);
      const isSure = this.#hold !== 'none' || performance.now() - block.since < sureFor;
      const isUsable = isSure || (await isFree(service, { startPort: port, numberOfPorts: 1 }));
      block.taking.delete(port);
      if (!isUsable) continue;
      block.parts.push({ ...part, port });
      return port;
    }
    return undefined;
  }

  /**
   * Reserves more, at least as many.
   * @throws what a creation throws, where not even one port is to be had
   */
  async fill(atLeast: number): Promise<void> {
    this.#size = Math.min(size.most, size.growth * Math.max(this.#size, atLeast));
    const service = await this.#service();
    const make = (numberOfPorts: number): ReturnType<PortService['create']> =>
      service.create({ protocol: [...protocols], numberOfPorts, hold: this.#hold }).catch((error) => {
        // Where few are left there is no large block, and none will be looked for at once the next time.
        this.#size = Math.ceil(numberOfPorts / size.growth);
        if (numberOfPorts === 1) throw error;
        return make(this.#size);
      });
    const { reservations } = await make(this.#size);
    const { startPort, numberOfPorts } = reservations[0]!.range;
    this.#blocks.push({
      reservations,
      next: startPort,
      end: startPort + numberOfPorts,
      since: performance.now(),
      taking: new Set(),
      parts: [],
    });
  }

  /** Records what was given. */
  async record(): Promise<void> {
    const service = await this.#service();
    for (const block of this.#blocks.filter(({ parts }) => parts.length > 0)) {
      // What lies before a part and is none would be freed.
      const before = Math.min(...block.taking, block.end);
      const given = block.parts.filter(({ port }) => port < before);
      if (given.length === 0) continue;
      block.parts = block.parts.filter(({ port }) => port >= before);
      try {
        const { parts, rest } = await service.divide(block.reservations, given);
        block.reservations = rest;
        for (const [index, { recorded }] of given.entries()) recorded(parts[index]!);
      } catch (error) {
        block.parts.unshift(...given);
        throw error;
      }
    }
    this.#blocks = this.#blocks.filter(({ reservations }) => reservations.length > 0);
  }

  /** Frees what nobody asked for. */
  async empty(): Promise<void> {
    const service = await this.#service();
    const idle = this.#blocks.filter(({ parts, taking }) => parts.length + taking.size === 0);
    for (const block of idle) block.next = block.end;
    this.#size = size.first / size.growth;
    const releases = idle.flatMap(({ reservations }) =>
      reservations.map(({ protocol, range }) => ({ protocol, range })),
    );
    if (releases.length > 0) await service.carryOut({ releases });
    this.#blocks = this.#blocks.filter((block) => !idle.includes(block));
  }

  #nextBlock(): Block | undefined {
    return this.#blocks.find(({ next, end }) => next < end);
  }
}

async function isFree(service: PortService, range: PortRange): Promise<boolean> {
  try {
    for (const protocol of protocols) await service.refuseInUse(protocol, range);
    return true;
  } catch {
    return false;
  }
}
