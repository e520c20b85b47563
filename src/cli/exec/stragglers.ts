import { setTimeout } from 'node:timers/promises';
import type { PortHolder, PortStatus, Reservation } from '../../protocol/generated/contract.ts';
import type { PortService } from '../../service/port-service.ts';
import type { Output } from '../output.ts';
import type { Terminal } from '../rendering.ts';

const interval = 1000;
/** Looking is a small part of the time, however long it takes. */
const restPerLook = 4;

const ending = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Waits while other processes have sockets on the ports: what the command left running. A signal ends the waiting. Where
 * the system does not say who has a port, there is nothing to wait for.
 */
export async function waitForStragglers(
  service: PortService,
  reservations: readonly Reservation[],
  { terminal, output }: { terminal: Terminal; output: Output },
): Promise<void> {
  const enough = new AbortController();
  const stop = () => enough.abort();
  for (const signal of ending) terminal.on(signal, stop);
  try {
    let isSaid = false;
    for (;;) {
      const started = performance.now();
      const found = await findStraggler(service, reservations, terminal.pid);
      if (!found || enough.signal.aborted) return;
      if (!isSaid) output.note(`${describe(found)}; they stay reserved until that ends. Ctrl+C frees them now.`);
      isSaid = true;
      const rest = Math.max(interval, restPerLook * (performance.now() - started));
      await setTimeout(rest, undefined, { signal: enough.signal }).catch(() => {});
    }
  } finally {
    for (const signal of ending) terminal.off(signal, stop);
  }
}

interface Straggler {
  status: PortStatus;
  holder: PortHolder;
}

async function findStraggler(
  service: PortService,
  reservations: readonly Reservation[],
  ownProcessId: number,
): Promise<Straggler | undefined> {
  for (const { protocol, range } of reservations) {
    const { ports } = await service.inspect({ protocol, ranges: [range] });
    for (const status of ports) {
      // Connections that only have to be closed belong to nobody any more.
      const holder = status.holders.find(({ state, processId }) => state !== 'closing' && processId !== ownProcessId);
      if (holder) return { status, holder };
    }
  }
  return undefined;
}

function describe({ status: { protocol, port }, holder: { processId, processName } }: Straggler): string {
  const who =
    processId === undefined ? 'a process of another user' : `${processName ?? 'a process'} (process ${processId})`;
  return `the command has ended, but ${who} still has ${protocol} ${port} of its ports`;
}
