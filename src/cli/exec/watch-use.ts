import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseProcessStat } from '../../machine/process-stat.ts';
import type { Protocol, Reservation } from '../../protocol/generated/contract.ts';
import { formatAllPorts } from '../../protocol/ranges.ts';
import type { PortService } from '../../service/port-service.ts';

/** Between two looks, in milliseconds: often at first, for tests that listen for a moment. */
const rest = { first: 30, longest: 100, later: 500 };
const early = 10_000;
/** Looking is a small part of the time, however long it takes. */
const restPerLook = 8;
/** When it is looked where else the command listens, in milliseconds after its start: that is a walk over all processes. */
const walks = [600, 2000, 6000, 20_000];

/** A port that the command listens on and was not given. */
interface Elsewhere {
  protocol: Protocol;
  port: number;
  processName: string;
  processId: number;
}

/** What was seen of a command's use of its ports. */
interface Use {
  /** How often it was looked. */
  looks: number;
  isUsed: boolean;
  elsewhere?: Elsewhere | undefined;
}

/** How a command's use of its ports is followed while it runs. */
interface Following {
  started(commandId: number | undefined): void;
  stop(): void;
  use: Promise<Use | undefined>;
}

/**
 * Follows it where the system says who has a port; otherwise nothing is known of it.
 * @param how.isMoot whether nobody needs to know any more
 */
export function followUse(
  service: PortService,
  reservations: readonly Reservation[],
  { platform, isMoot }: { platform: NodeJS.Platform; isMoot: () => boolean },
): Following | undefined {
  if (platform !== 'linux' && platform !== 'win32') return undefined;
  const ended = new AbortController();
  let commandId: number | undefined;
  const use = watchUse(service, reservations, { commandId: () => commandId, isMoot, signal: ended.signal });
  return {
    started: (id) => {
      commandId = id;
    },
    stop: () => ended.abort(),
    use: use.catch(() => undefined),
  };
}

/** Looks whether anything uses the ports, until something does or the signal comes. */
async function watchUse(
  service: PortService,
  reservations: readonly Reservation[],
  { commandId, isMoot, signal }: { commandId: () => number | undefined; isMoot: () => boolean; signal: AbortSignal },
): Promise<Use> {
  const use: Use = { looks: 0, isUsed: false };
  const began = performance.now();
  const left = [...walks];
  const look = async () => {
    for (const reservation of reservations) use.isUsed ||= await service.isServed(reservation);
  };
  // The first look takes longer, and what it loads is needed.
  await look();
  for (let pause = rest.first; !use.isUsed; ) {
    await setTimeout(pause, undefined, { signal, ref: false }).catch(() => {});
    if (isMoot()) break;
    const started = performance.now();
    // Also after the end: what is left of closed connections tells that there was a server.
    await look();
    if (signal.aborted) break;
    use.looks++;
    const id = commandId();
    if (!use.isUsed && left[0] !== undefined && performance.now() - began >= left[0] && id !== undefined) {
      left.shift();
      const protocols = [...new Set(reservations.map(({ protocol }) => protocol))];
      const found = mayHaveSockets(id) ? await listeningElsewhere(service, protocols, id) : undefined;
      use.elsewhere = found ?? use.elsewhere;
    }
    const longest = performance.now() - began < early ? rest.longest : rest.later;
    pause = Math.max(Math.min(1.5 * pause, longest), restPerLook * (performance.now() - started));
  }
  return use;
}

/** What was seen, as advice; undefined where the ports were used, or there was no time to look. */
export function unusedAdvice(
  use: Use | undefined,
  {
    reservations,
    words,
    variable,
  }: { reservations: readonly Reservation[]; words: readonly string[]; variable: string },
): string | undefined {
  if (!use || use.isUsed || use.looks === 0) return undefined;
  const protocols = reservations.map(({ protocol }) => protocol);
  const ports = formatAllPorts(protocols, reservations[0]!.range);
  const { elsewhere } = use;
  const other = elsewhere
    ? `; ${elsewhere.processName} (process ${elsewhere.processId}) listened on ${elsewhere.protocol} ${elsewhere.port}`
    : '';
  const isFilledIn = words.some((word) => word.includes(`{${variable}`));
  const how = isFilledIn ? '' : ` Hand the port on: {${variable}} in its arguments, such as --port {${variable}}.`;
  return `nothing was seen listening on ${ports} while ${basename(words[0]!)} ran${other}.${how}`;
}

async function listeningElsewhere(
  service: PortService,
  protocol: Protocol[],
  commandId: number,
): Promise<Elsewhere | undefined> {
  const { maps } = await service.map({ protocol: protocol as [Protocol, ...Protocol[]] });
  for (const { protocol: of, segments } of maps) {
    for (const { kind, range, holders = [] } of segments) {
      if (kind !== 'listening') continue;
      const holder = holders.find(({ processId }) => processId !== undefined && descends(processId, commandId));
      const { processId, processName = 'it' } = holder ?? {};
      if (processId !== undefined) return { protocol: of, port: range.startPort, processName, processId };
    }
  }
  return undefined;
}

/** Whether the process is the command, or was started by it as far as can be seen. */
function descends(processId: number, commandId: number): boolean {
  try {
    for (let id = processId; id > 1; id = parseProcessStat(readFileSync(`/proc/${id}/stat`, 'latin1')).parent) {
      if (id === commandId) return true;
    }
  } catch {
    // It has ended, or the system has no such files.
  }
  return false;
}

const lastStandardStream = 2;

/** Whether the process or one that it started has a socket, as far as can be seen: looking at these few is cheap. */
function mayHaveSockets(processId: number): boolean {
  try {
    const descriptors = `/proc/${processId}/fd`;
    const own = readdirSync(descriptors).filter((one) => Number(one) > lastStandardStream);
    if (own.some((one) => isSocket(`${descriptors}/${one}`))) return true;
    const threads = readdirSync(`/proc/${processId}/task`);
    const children = threads.flatMap((id) =>
      readFileSync(`/proc/${processId}/task/${id}/children`, 'latin1').trim().split(' ').filter(Boolean),
    );
    return children.some((id) => mayHaveSockets(Number(id)));
  } catch {
    return true; // it has ended, or the system has no such files
  }
}

function isSocket(descriptor: string): boolean {
  try {
    return readlinkSync(descriptor).startsWith('socket:');
  } catch {
    return false; // it is closed by now
  }
}
