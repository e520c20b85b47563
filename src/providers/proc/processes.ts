import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { parseProcessStat } from '../../machine/process-stat.ts';
import { unlessHidden } from '../../machine/unless-hidden.ts';
import { plainLine } from '../../protocol/plain-text.ts';

/** How many are looked at before others get their turn. */
export const processesPerTurn = 64;
const longestCommandLine = 1000;

/** Of `socket:[12345]`, with the inode. */
const socketPrefix = 'socket:[';

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
  for (const [index, processId] of runningProcesses().entries()) {
    if (index % processesPerTurn === processesPerTurn - 1) await setImmediate();
    signal?.throwIfAborted();
    for (const inode of socketsOf(processId)) {
      if (inodes.has(inode)) found.set(inode, [...(found.get(inode) ?? []), processId]);
    }
  }
  return found;
}

/** The processes that this process may know of. */
export const runningProcesses = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** The process that started it; undefined where it is gone, or none did. */
export function parentOf(processId: number): number | undefined {
  const stat = unlessHidden(() => readFileSync(`/proc/${processId}/stat`, 'latin1'));
  return stat === undefined ? undefined : parseProcessStat(stat).parent || undefined;
}

/** The inodes of the sockets that the process has; none where this user may not look. */
export function socketsOf(processId: number): Set<number> {
  const folder = `/proc/${processId}/fd`;
  const inodes = new Set<number>();
  for (const descriptor of unlessHidden(() => readdirSync(folder)) ?? []) {
    const target = unlessHidden(() => readlinkSync(`${folder}/${descriptor}`));
    if (target?.startsWith(socketPrefix)) inodes.add(Number(target.slice(socketPrefix.length, -1)));
  }
  return inodes;
}

/** What /proc says of a process, as far as this user may see it. */
export interface ProcessFacts extends Membership {
  processName?: string;
  commandLine?: string;
}

export function processFacts(processId: number): ProcessFacts {
  const read = (file: string) => unlessHidden(() => readFileSync(`/proc/${processId}/${file}`, 'utf8'));
  const processName = plainLine(read('comm') ?? '');
  const commandLine = plainLine(read('cmdline')?.slice(0, longestCommandLine) ?? '');
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

/** What a process belongs to. */
export interface Membership {
  /** Its systemd unit. */
  service?: string;
  /** Whether that is a unit of a user's own manager. */
  isUserService?: boolean;
  /** Engine and short id. */
  container?: string;
}

/** The program that stops a container of each kind of control group. */
const engines: Record<string, string> = {
  docker: 'docker',
  libpod: 'podman',
  'cri-containerd': 'crictl',
  crio: 'crictl',
};

const containerOf = /[/:-]?(docker|libpod|cri-containerd|crio)[/-]([0-9a-f]{12})[0-9a-f]{52}(?:\.scope)?(?:\/|$)/;

/**
 * What systemd calls a unit. A user who has control groups of his own may call one of them anything, and the name becomes a
 * part of a command that somebody with more rights is shown to run.
 */
const unit = /^[\w.:\\][\w.:\\@-]*\.service$/;

/** Reads the text of /proc/<pid>/cgroup, versions 1 and 2. */
export function parseControlGroup(text: string): Membership {
  const paths = text.split('\n').map((line) => line.split(':').slice(2).join(':'));
  for (const path of paths) {
    const match = containerOf.exec(path);
    if (match) return { container: `${engines[match[1]!]} ${match[2]}` };
  }
  for (const path of paths) {
    const segments = path.split('/');
    const service = segments.findLast((segment) => unit.test(segment) && !/^user@\d+\.service$/.test(segment));
    if (!service) continue;
    const isUserService = segments.some((segment) => /^user@\d+\.service$/.test(segment));
    return { service, ...(isUserService && { isUserService }) };
  }
  return {};
}
