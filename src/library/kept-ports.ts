import type { ServiceOptions } from '../open-service.ts';
import { ServiceError } from '../protocol/errors.ts';
import type { PortRange, Reservation } from '../protocol/generated/contract.ts';
import { closeHeld, holdAddress } from '../providers/sockets/hold-address.ts';
import { openReserver, type Reserver } from './reserver.ts';

/** The ports that getPort has given: kept for this process until they are cleared. */
export class KeptPorts {
  readonly #service: Promise<Reserver>;
  readonly #isLinux: boolean;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #descriptors: number[] = [];

  constructor(options: ServiceOptions, platform: NodeJS.Platform) {
    this.#service = openReserver(options);
    this.#service.catch(() => {}); // each call tells
    this.#isLinux = platform === 'linux';
  }

  /** Keeps exactly this port; false where somebody has it. */
  keep(port: number, address?: string): Promise<boolean> {
    return this.#while(async (service) => {
      const refusal = await refused(service.create({ protocol: 'tcp', startPort: port, hold: 'yield' }));
      if (!refusal) return true;
      // Taken on another address: that one alone can still be kept. The kernel tells the others, the record does not.
      if (refusal.errorName !== 'PortInUse' || address === undefined || !this.#isLinux) return false;
      const descriptor = await holdAddress(port, address);
      if (descriptor !== undefined) this.#descriptors.push(descriptor);
      return descriptor !== undefined;
    });
  }

  /**
   * Keeps any port of the range, or of where automatic choice looks; undefined where there is none.
   * @param isUsable whether it will do; one that does not is free again at once
   */
  keepAny(within?: PortRange, isUsable: (port: number) => boolean = () => true): Promise<number | undefined> {
    return this.#while(async (service) => {
      try {
        const params = { protocol: 'tcp', hold: 'yield', ...(within && { within }) } as const;
        const [{ range }] = (await service.create(params)).reservations as [Reservation];
        if (isUsable(range.startPort)) return range.startPort;
        await service.release({ protocol: 'tcp', range });
        return undefined;
      } catch (error) {
        if (error instanceof ServiceError && error.errorName === 'NoFreeRange') return undefined;
        throw error;
      }
    });
  }

  /** Frees them all, when the calls under way have ended. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    const service = await this.#service.catch(() => undefined);
    for (const descriptor of this.#descriptors.splice(0)) await closeHeld(descriptor);
    await service?.close();
  }

  async #while<T>(work: (service: Reserver) => Promise<T>): Promise<T> {
    const under = this.#service.then(work);
    this.#underWay.add(under);
    try {
      return await under;
    } finally {
      this.#underWay.delete(under);
    }
  }
}

/** What a port is refused for that somebody has, or this user may not have; other failures are thrown. */
async function refused(work: Promise<unknown>): Promise<ServiceError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    const isAboutPort =
      error instanceof ServiceError &&
      (['PortInUse', 'RangeReserved', 'RangeExcluded'].includes(error.errorName) ||
        (error.errorName === 'AccessDenied' && error.facts.port !== undefined));
    if (isAboutPort) return error;
    throw error;
  }
}
