import type { PortRange } from './generated/contract.ts';
import { endPort, overlap } from './ranges.ts';

const lastPort = 65535;

/** A set of port numbers that finds free blocks fast: one byte a port. */
export class PortSet {
  /** Made when the first port comes: many sets stay empty. */
  #taken: Uint8Array<ArrayBuffer> | undefined;
  /** No port below or above is in the set: most sets are small. */
  #lowest = lastPort + 1;
  #highest = -1;

  static of(ranges: Iterable<PortRange>): PortSet {
    const set = new PortSet();
    for (const range of ranges) set.addRange(range);
    return set;
  }

  /** The same ports, in a set of their own. */
  copy(): PortSet {
    const set = new PortSet();
    set.#taken = this.#taken?.slice();
    set.#lowest = this.#lowest;
    set.#highest = this.#highest;
    return set;
  }

  add(port: number): void {
    this.#ports[port] = 1;
    this.#reach(port, port);
  }

  addRange({ startPort, numberOfPorts }: PortRange): void {
    this.#ports.fill(1, startPort, startPort + numberOfPorts);
    this.#reach(startPort, startPort + numberOfPorts - 1);
  }

  addAll(other: PortSet): void {
    for (const range of other.ranges()) this.addRange(range);
  }

  get isEmpty(): boolean {
    return this.#highest < 0;
  }

  has(port: number): boolean {
    return this.#taken?.[port] === 1;
  }

  /** The first port of the range that is in the set. */
  firstIn({ startPort, numberOfPorts }: PortRange): number | undefined {
    const index = this.#taken?.subarray(startPort, startPort + numberOfPorts).indexOf(1) ?? -1;
    return index < 0 ? undefined : startPort + index;
  }

  /** The last port of the range that is in the set: a free block of that size begins behind it at the earliest. */
  lastIn({ startPort, numberOfPorts }: PortRange): number | undefined {
    const index = this.#taken?.subarray(startPort, startPort + numberOfPorts).lastIndexOf(1) ?? -1;
    return index < 0 ? undefined : startPort + index;
  }

  /** The set as ascending, merged ranges. */
  ranges(): PortRange[] {
    const ranges: PortRange[] = [];
    if (!this.#taken || this.isEmpty) return ranges;
    const taken = this.#taken.subarray(0, this.#highest + 1);
    let startPort = this.#lowest;
    while (startPort >= 0) {
      const free = taken.indexOf(0, startPort);
      const next = free < 0 ? taken.length : free;
      ranges.push({ startPort, numberOfPorts: next - startPort });
      startPort = taken.indexOf(1, next);
    }
    return ranges;
  }

  get #ports(): Uint8Array<ArrayBuffer> {
    this.#taken ??= new Uint8Array(lastPort + 1);
    return this.#taken;
  }

  #reach(low: number, high: number): void {
    if (low < this.#lowest) this.#lowest = low;
    if (high > this.#highest) this.#highest = Math.min(high, lastPort);
  }
}

/** Whether no port is in the set. */
export const isEmpty = (ports: PortSet): boolean => ports.isEmpty;

/** All ports that are in one of the sets. */
export function union(...sets: readonly PortSet[]): PortSet {
  const all = new PortSet();
  for (const set of sets) if (!isEmpty(set)) all.addAll(set);
  return all;
}

function* portsIn(ports: PortSet): Generator<number> {
  if (isEmpty(ports)) return;
  for (const range of ports.ranges()) {
    for (let port = range.startPort; port <= endPort(range); port++) yield port;
  }
}

/** The ports of the range that none of the others has, as ranges. */
export function rangesWithout(range: PortRange, others: Iterable<PortRange>): PortRange[] {
  let rest = [range];
  for (const other of others) rest = rest.flatMap((one) => (overlap(one, other) ? around(one, other) : [one]));
  return rest;
}

/** What of the range is before the other, and what is behind it. */
function around(range: PortRange, other: PortRange): PortRange[] {
  const before = { startPort: range.startPort, numberOfPorts: other.startPort - range.startPort };
  const behind = { startPort: endPort(other) + 1, numberOfPorts: endPort(range) - endPort(other) };
  return [before, behind].filter(({ numberOfPorts }) => numberOfPorts > 0);
}

/** The ports of the first set that are in none of the others. */
export function minus(ports: PortSet, ...others: readonly PortSet[]): PortSet {
  const rest = new PortSet();
  for (const port of portsIn(ports)) if (!others.some((other) => other.has(port))) rest.add(port);
  return rest;
}

/** The ports that are in both sets. */
export function common(a: PortSet, b: PortSet): PortSet {
  const both = new PortSet();
  for (const port of portsIn(a)) if (b.has(port)) both.add(port);
  return both;
}
