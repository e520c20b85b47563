import { readdirSync, readlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { runningProcesses } from '../../machine/running-processes.ts';
import { unlessHidden } from '../../machine/unless-hidden.ts';

/** How many are looked at before others get their turn. */
export const processesPerTurn = 64;

/** Of `socket:[12345]`, with the inode. */
const socketPrefix = 'socket:[';

/** Whose the sockets are. */
export interface Owners {
  /** The processes by inode; several where a socket is shared. */
  processes: Map<number, number[]>;
  /** Whether there were processes that this user may not look at. */
  isPartial: boolean;
}

/** The processes that have these sockets. */
export async function processesOfSockets(inodes: ReadonlySet<number>, signal?: AbortSignal): Promise<Owners> {
  const processes = new Map<number, number[]>();
  let isPartial = false;
  if (inodes.size === 0) return { processes, isPartial };
  const all = runningProcesses();
  const walk = async (foldersOf: (processId: number) => string[]) => {
    for (const [index, processId] of all.entries()) {
      if (index % processesPerTurn === processesPerTurn - 1) await setImmediate();
      signal?.throwIfAborted();
      for (const folder of foldersOf(processId)) {
        const sockets = socketsIn(folder);
        if (!sockets) isPartial = true;
        for (const inode of sockets ?? []) {
          const owners = processes.get(inode) ?? [];
          if (inodes.has(inode) && !owners.includes(processId)) processes.set(inode, [...owners, processId]);
        }
      }
    }
  };
  await walk((processId) => [`/proc/${processId}/fd`]);
  // A process whose main thread has ended shows what it has by the others alone.
  if (processes.size < inodes.size) await walk(otherThreads);
  return { processes, isPartial };
}

function otherThreads(processId: number): string[] {
  const threads = unlessHidden(() => readdirSync(`/proc/${processId}/task`)) ?? [];
  return threads.filter((id) => id !== `${processId}`).map((id) => `/proc/${processId}/task/${id}/fd`);
}

/** The inodes of the sockets that the process has; none where this user may not look. */
export const socketsOf = (processId: number): Set<number> => socketsIn(`/proc/${processId}/fd`) ?? new Set();

/** Those that its other threads show, where its main thread has ended. */
export const socketsOfThreads = (processId: number): Set<number> =>
  new Set(otherThreads(processId).flatMap((folder) => [...(socketsIn(folder) ?? [])]));

/** Undefined where this user may not look. */
function socketsIn(folder: string): Set<number> | undefined {
  const inodes = new Set<number>();
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? undefined : inodes;
  }
  for (const descriptor of names) {
    const target = unlessHidden(() => readlinkSync(`${folder}/${descriptor}`));
    if (target?.startsWith(socketPrefix)) inodes.add(Number(target.slice(socketPrefix.length, -1)));
  }
  return inodes;
}
