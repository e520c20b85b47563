import type { PortRange } from './generated/contract.ts';

const lastPort = 65535;

/** A set of port numbers that finds free blocks fast: one byte a port. */
export class PortSet {
  readonly #taken = new Uint8Array(lastPort + 1);

  static of(ranges: Iterable<PortRange>): PortSet {
    const set = new PortSet();
    for (const range of ranges) set.addRange(range);
    return set;
  }

  add(port: number): void {
    this.#taken[port] = 1;
  }

  addRange({ startPort, numberOfPorts }: PortRange): void {
    this.#taken.fill(1, startPort, startPort + numberOfPorts);
  }

  addAll(other: PortSet): void {
    for (const range of other.ranges()) this.addRange(range);
  }

  has(port: number): boolean {
    return this.#taken[port] === 1;
  }

  /** The first port of the range that is in the set. */
  firstIn({ startPort, numberOfPorts }: PortRange): number | undefined {
    const index = this.#taken.subarray(startPort, startPort + numberOfPorts).indexOf(1);
    return index < 0 ? undefined : startPort + index;
  }

  /** The last port of the range that is in the set: a free block of that size begins behind it at the earliest. */
  lastIn({ startPort, numberOfPorts }: PortRange): number | undefined {
    const index = this.#taken.subarray(startPort, startPort + numberOfPorts).lastIndexOf(1);
    return index < 0 ? undefined : startPort + index;
  }

  /** The set as ascending, merged ranges. */
  ranges(): PortRange[] {
    const ranges: PortRange[] = [];
    let startPort = this.#taken.indexOf(1);
    while (startPort >= 0) {
      const free = this.#taken.indexOf(0, startPort);
      const next = free < 0 ? lastPort + 1 : free;
      ranges.push({ startPort, numberOfPorts: next - startPort });
      startPort = this.#taken.indexOf(1, next);
    }
    return ranges;
  }
}
