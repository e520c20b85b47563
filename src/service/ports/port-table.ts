import type { PortRange } from '../../protocol/generated/contract.ts';
import { endPort, maximumPort } from '../../protocol/ranges.ts';

/** What is true of each port. Ports that were set together have the same facts, kept once. */
export class PortTable<Facts> {
  readonly #facts: Facts[];
  readonly #indexes = new Uint32Array(maximumPort + 1);

  constructor(ofAll: Facts) {
    this.#facts = [ofAll];
  }

  /** The ports of the range that there are; an exclusion may have port 0 in it. */
  set({ startPort, numberOfPorts }: PortRange, facts: Facts): void {
    this.#indexes.fill(this.#facts.push(facts) - 1, startPort, startPort + numberOfPorts);
  }

  at(port: number): Facts {
    return this.#facts[this.#indexes[port]!]!;
  }

  /** The range in pieces that were set together. */
  runs(range: PortRange): { range: PortRange; facts: Facts }[] {
    const runs: { range: PortRange; facts: Facts }[] = [];
    const end = endPort(range) + 1;
    for (let startPort = range.startPort, port = startPort + 1; port <= end; port++) {
      if (port < end && this.#indexes[port] === this.#indexes[startPort]) continue;
      runs.push({ range: { startPort, numberOfPorts: port - startPort }, facts: this.at(startPort) });
      startPort = port;
    }
    return runs;
  }
}
