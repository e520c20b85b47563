import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { type Membership, parseControlGroup } from './control-group.ts';

const processesPerTurn = 64;
const longestCommandLine = 1000;

/**
 * The processes that have these sockets, by inode; several where a socket is shared. What this user may not look at is
 * not in it.
 */
export async function processesOfSockets(
  inodes: ReadonlySet<number>,
  signal?: AbortSignal,
): Promise<Map<number, number[]>> {
  const found = new Map<number, number[]>();
  if (inodes.size === 0) return found;
  const processIds = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  for (const [index, processId] of processIds.entries()) {
    if (index % processesPerTurn === processesPerTurn - 1) await setImmediate();
    signal?.throwIfAborted();
    for (const inode of socketsOf(processId)) {
      if (inodes.has(inode)) found.set(inode, [...(found.get(inode) ?? []), Number(processId)]);
    }
  }
  return found;
}

function socketsOf(processId: string): Set<number> {
  const folder = `/proc/${processId}/fd`;
  const inodes = new Set<number>();
  for (const descriptor of unlessHidden(() => readdirSync(folder)) ?? []) {
    const target = unlessHidden(() => readlinkSync(`${folder}/${descriptor}`));
    const inode = /^socket:\[(\d+)\]$/.exec(target ?? '')?.[1];
    if (inode) inodes.add(Number(inode));
  }
  return inodes;
}

/** Another user's, or gone meanwhile. */
function unlessHidden<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** What /proc says of a process, as far as this user may see it. */
export interface ProcessFacts extends Membership {
  processName?: string;
  commandLine?: string;
}

export function processFacts(processId: number): ProcessFacts {
  const read = (file: string) => unlessHidden(() => readFileSync(`/proc/${processId}/${file}`, 'utf8'));
  const processName = read('comm')?.trimEnd();
  const commandLine = read('cmdline')?.replaceAll('\0', ' ').trim().slice(0, longestCommandLine);
  return {
    ...(processName && { processName }),
    ...(commandLine && { commandLine }),
    ...parseControlGroup(read('cgroup') ?? ''),
  };
}

/** The names of users by their ids, as /etc/passwd has them. */
export function userNames(): (userId: number) => string {
  const text = unlessHidden(() => readFileSync('/etc/passwd', 'utf8')) ?? '';
  const names = new Map(
    text
      .split('\n')
      .map((line) => line.split(':'))
      .map((fields) => [fields[2], fields[0]]),
  );
  return (userId) => names.get(String(userId)) || String(userId);
}
