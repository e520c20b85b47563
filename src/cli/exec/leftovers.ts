import { setTimeout } from 'node:timers/promises';
import type { PortHolder, PortStatus, Reservation } from '../../protocol/generated/contract.ts';
import { isClosing } from '../../protocol/is-closing.ts';
import type { PortService } from '../../service/port-service.ts';
import type { Output } from '../output.ts';
import type { Terminal } from '../rendering.ts';

/** What is done about what the command left running on the ports. */
export type LeftoversChoice = 'wait' | 'leave' | 'end';
export const leftoversChoices: readonly LeftoversChoice[] = ['wait', 'leave', 'end'];

/** How long it is waited for, and how long a process has that was asked to end, in milliseconds. */
export const patience = { wait: 15_000, end: 5_000 };

const interval = 1000;
/** Looking is a small part of the time, however long it takes. */
const restPerLook = 4;
const longestCommand = 120;

const ending = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Waits while other processes have sockets on the ports, as long as was chosen, or asks them to end. A signal ends it. Where
 * the system does not say who has a port, there is nothing to wait for.
 */
export async function settleLeftovers(
  service: PortService,
  reservations: readonly Reservation[],
  {
    choice,
    terminal,
    output,
    times = patience,
  }: {
    choice: LeftoversChoice;
    terminal: Terminal;
    output: Output;
    times?: typeof patience;
  },
): Promise<void> {
  if (choice === 'leave') return;
  const enough = new AbortController();
  const stop = () => enough.abort();
  for (const signal of ending) terminal.on(signal, stop);
  const began = performance.now();
  const asked = new Map<number, number>();
  try {
    let isSaid = false;
    for (;;) {
      const started = performance.now();
      const found = await findLeftover(service, reservations, terminal.pid);
      if (!found || enough.signal.aborted) return;
      if (!isSaid) output.note(`${describe(found)}; ${next(choice, times)}`);
      isSaid = true;
      if (performance.now() - began >= times.wait) {
        output.note(`${describe(found)}; they are free now, and may be somebody else's when it binds them again.`);
        return;
      }
      if (choice === 'end') end(found.holder.processId, asked, { terminal, time: times.end });
      const rest = Math.max(interval, restPerLook * (performance.now() - started));
      await setTimeout(rest, undefined, { signal: enough.signal }).catch(() => {});
    }
  } finally {
    for (const signal of ending) terminal.off(signal, stop);
  }
}

const next = (choice: LeftoversChoice, times: typeof patience) =>
  choice === 'end'
    ? 'it is asked to end.'
    : `they stay reserved until that ends, for ${Math.round(times.wait / 1000)} s at most. Ctrl+C frees them now.`;

/** Asks the process to end, and after a time ends it. */
function end(
  processId: number | undefined,
  asked: Map<number, number>,
  { terminal, time }: { terminal: Terminal; time: number },
): void {
  if (processId === undefined) return;
  const since = asked.get(processId);
  if (since === undefined) asked.set(processId, performance.now());
  else if (performance.now() - since < time) return;
  try {
    terminal.kill(processId, since === undefined ? 'SIGTERM' : 'SIGKILL');
  } catch {
    // It has ended, or is another user's; the next look tells.
  }
}

interface Leftover {
  status: PortStatus;
  holder: PortHolder;
}

async function findLeftover(
  service: PortService,
  reservations: readonly Reservation[],
  ownProcessId: number,
): Promise<Leftover | undefined> {
  for (const reservation of reservations) {
    if (!(await service.isUsedByOthers(reservation))) continue;
    const { protocol, range } = reservation;
    const { ports } = await service.inspect({ protocol, ranges: [range] });
    for (const status of ports) {
      // Connections that only have to be closed belong to nobody any more.
      const holder = status.holders.find((one) => !isClosing(one) && one.processId !== ownProcessId);
      if (holder) return { status, holder };
    }
  }
  return undefined;
}

function describe({ status: { protocol, port }, holder }: Leftover): string {
  const { processId, processName = 'a process', commandLine } = holder;
  const command = commandLine ? `: ${clip(commandLine)}` : '';
  const who = processId === undefined ? 'a process of another user' : `${processName} (process ${processId}${command})`;
  return `the command has ended, but ${who} still has ${protocol} ${port} of its ports`;
}

const clip = (text: string) => (text.length > longestCommand ? `${text.slice(0, longestCommand)}...` : text);
