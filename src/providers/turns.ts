import { setImmediate } from 'node:timers/promises';
import type { PortRange } from '../protocol/generated/contract.ts';
import { endPort } from '../protocol/ranges.ts';

// About five milliseconds of binds: no other call and no cancellation waits longer than that.
const portsPerTurn = 512;

/** Cuts the range into pieces, ascending, and lets other events in between them. */
export async function* inTurns(range: PortRange): AsyncGenerator<PortRange> {
  const last = endPort(range);
  for (let startPort = range.startPort; startPort <= last; startPort += portsPerTurn) {
    if (startPort > range.startPort) await setImmediate();
    yield { startPort, numberOfPorts: Math.min(portsPerTurn, last - startPort + 1) };
  }
}
