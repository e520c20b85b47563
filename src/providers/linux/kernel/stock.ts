import type { PortRange, Protocol } from '../../../protocol/generated/contract.ts';
import { endPort } from '../../../protocol/ranges.ts';
import { type Block, entriesOf, isForSame, type KernelRange } from './range-entries.ts';
import { blocksHere, type Site } from './reservations.ts';

/**
 * What the gate has of one network namespace, by port: read once, so that many ranges are put in and taken out without a
 * look at all the others each time.
 */
export class Stock {
  readonly #site: Site;
  readonly #byPort: Record<Protocol, (Block | undefined)[]> = { tcp: [], udp: [] };

  constructor(site: Site) {
    this.#site = site;
    for (const block of blocksHere(site)) this.#note(block, block);
  }

  /** Puts the range in, where it is not there as it should be, and takes out what it takes the place of. */
  put(wanted: KernelRange): void {
    const { gate, network } = this.#site;
    const old = this.#within(wanted.protocol, wanted.range);
    if (isExactly(old, wanted)) return;
    const entries = entriesOf(wanted, network);
    gate.put(entries);
    const isNew = new Set(entries.map(({ key }) => key.toString('hex')));
    const before = old.flatMap((block) => entriesOf(block, network));
    gate.take(before.filter(({ key }) => !isNew.has(key.toString('hex'))));
    for (const block of old) this.#note(block, undefined);
    // Its parts need not be told apart: they are for the same.
    const block: Block = { ...wanted, network };
    this.#note(block, block);
  }

  /** Takes out what of the range is there, but nothing of a longer one that somebody else's ledger has. */
  take(protocol: Protocol, range: PortRange): void {
    const found = this.#within(protocol, range);
    const gone = wholes(found).filter((blocks) => isWithin(blocks, range));
    for (const block of gone.flat()) {
      this.#site.gate.take(entriesOf(block, this.#site.network));
      this.#note(block, undefined);
    }
  }

  /** The blocks of all ranges that share a port with this one, whole ones, in order. */
  #within(protocol: Protocol, range: PortRange): Block[] {
    const byPort = this.#byPort[protocol];
    const found: Block[] = [];
    for (let port = range.startPort; port <= endPort(range); ) {
      const block = byPort[port];
      if (block) found.push(block);
      port = block ? endPort(block.range) + 1 : port + 1;
    }
    for (let [first] = found; first; ) {
      const before = byPort[first.range.startPort - 1];
      first = before && isForSame(before, first) ? before : undefined;
      if (first) found.unshift(first);
    }
    for (let last = found.at(-1); last; ) {
      const next = byPort[endPort(last.range) + 1];
      last = next && isForSame(next, last) ? next : undefined;
      if (last) found.push(last);
    }
    return found;
  }

  #note({ protocol, range }: KernelRange, block: Block | undefined): void {
    for (let port = range.startPort; port <= endPort(range); port++) this.#byPort[protocol][port] = block;
  }
}

/** Neighbours that are for the same, together. */
function wholes(blocks: readonly Block[]): Block[][] {
  const all: Block[][] = [];
  for (const block of blocks) {
    const last = all.at(-1)?.at(-1);
    const continues = last && isForSame(last, block) && endPort(last.range) + 1 === block.range.startPort;
    if (continues) all.at(-1)!.push(block);
    else all.push([block]);
  }
  return all;
}

const isWithin = (blocks: readonly Block[], range: PortRange) =>
  blocks[0]!.range.startPort >= range.startPort && endPort(blocks.at(-1)!.range) <= endPort(range);

function isExactly(blocks: readonly Block[], wanted: KernelRange): boolean {
  const whole = wholes(blocks);
  const [only] = whole;
  return (
    whole.length === 1 &&
    isForSame(only![0]!, wanted) &&
    only![0]!.range.startPort === wanted.range.startPort &&
    endPort(only!.at(-1)!.range) === endPort(wanted.range)
  );
}
