import { readdirSync, readFileSync } from 'node:fs';

/** What a process belongs to. */
export interface Membership {
  /** Its systemd unit. */
  service?: string;
  /** Whether that is a unit of a user's own manager. */
  isUserService?: boolean;
  /** Engine and short id. */
  container?: string;
  /** The systemd-nspawn machine that the unit is of. */
  machine?: string;
}

/** The program that stops a container of each kind of control group. */
const engines: Record<string, string> = {
  docker: 'docker',
  libpod: 'podman',
  'cri-containerd': 'crictl',
  crio: 'crictl',
};

const containerOf =
  /[/:-]?(docker|libpod|cri-containerd|crio)(?:-payload)?[/-]([0-9a-f]{12})[0-9a-f]{52}(?:\.scope)?(?:\/|$)/;
const machineOf = /\/(?:systemd-nspawn@([\w.-]+)\.service|machine-([\w.-]+)\.scope)\//;

/**
 * What systemd calls a unit. A user who has control groups of his own may call one of them anything, and the name becomes a
 * part of a command that somebody with more rights is shown to run.
 */
const unit = /^[\w.:\\][\w.:\\@-]*\.service$/;
const userManager = /^user@\d+\.service$/;

const pathsOf = (text: string) => text.split('\n').map((line) => line.split(':').slice(2).join(':'));

/** Reads the text of /proc/<pid>/cgroup, versions 1 and 2. */
export function parseControlGroup(text: string): Membership {
  const paths = pathsOf(text);
  for (const path of paths) {
    const match = containerOf.exec(path);
    // One that a unit runs: the unit starts it again.
    if (match) return { container: `${engines[match[1]!]} ${match[2]}`, ...unitIn(path.slice(0, match.index)) };
  }
  for (const path of paths) {
    const found = unitIn(path);
    if (found) return found;
  }
  return {};
}

function unitIn(path: string): Membership | undefined {
  const segments = path.split('/');
  const service = segments.findLast((segment) => unit.test(segment) && !userManager.test(segment));
  if (!service) return undefined;
  const isUserService = segments.some((segment) => userManager.test(segment));
  const machine = machineOf.exec(path);
  const name = machine && (machine[1] ?? machine[2]);
  const isOfMachine = name && !service.startsWith('systemd-nspawn@');
  return { service, ...(isUserService && { isUserService }), ...(isOfMachine && { machine: name }) };
}

/** Where the two versions are mounted; the first that there is. */
const mounts = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'];

/**
 * The processes that live in the unit, those of its inner groups too; undefined where that cannot be seen.
 * @param text of /proc/<pid>/cgroup of one of them
 */
export function processesOfUnit(text: string, service: string): Set<number> | undefined {
  for (const path of pathsOf(text)) {
    const end = path.indexOf(`/${service}`);
    if (end < 0) continue;
    for (const mount of mounts) {
      const found = new Set<number>();
      if (collect(`${mount}${path.slice(0, end)}/${service}`, found)) return found;
    }
  }
  return undefined;
}

/**
 * The processes of the group and of those inside it; undefined where that cannot be seen.
 * @param text of /proc/<pid>/cgroup of one of them
 */
export function processesOfGroup(text: string): Set<number> | undefined {
  for (const path of pathsOf(text)) {
    if (path === '' || path === '/') continue;
    for (const mount of mounts) {
      const found = new Set<number>();
      if (collect(`${mount}${path}`, found)) return found;
    }
  }
  return undefined;
}

function collect(folder: string, found: Set<number>): boolean {
  try {
    for (const line of readFileSync(`${folder}/cgroup.procs`, 'latin1').split('\n')) if (line) found.add(Number(line));
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) collect(`${folder}/${entry.name}`, found);
    }
    return true;
  } catch {
    return false;
  }
}
