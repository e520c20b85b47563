import { onTestFinished } from 'vitest';
import type { PortRange } from '../../../../src/protocol/generated/contract.ts';
import { endPort } from '../../../../src/protocol/ranges.ts';
import { firstPortInUse } from '../../../../src/providers/sockets/bind-ports.ts';
import { HeldPorts } from '../../../../src/providers/sockets/held-ports.ts';

/** Where these tests look for free ports: below every system's usual automatic choice. */
const window = { startPort: 10_000, numberOfPorts: 22_000 };

/** A range that is free in TCP and UDP. */
export async function freeRange(numberOfPorts: number): Promise<PortRange> {
  for (;;) {
    const startPort = window.startPort + Math.floor(Math.random() * (window.numberOfPorts - numberOfPorts));
    const range = { startPort, numberOfPorts };
    if ((await firstPortInUse('tcp', range)) ?? (await firstPortInUse('udp', range))) continue;
    return range;
  }
}

/** The ports of the range, one by one. */
export const portsOf = (range: PortRange) =>
  Array.from({ length: endPort(range) - range.startPort + 1 }, (_, index) => range.startPort + index);

/** A holder in this process, closed when the test ends. */
export function openHeldPorts(): HeldPorts {
  const held = new HeldPorts();
  onTestFinished(() => held.close());
  return held;
}
