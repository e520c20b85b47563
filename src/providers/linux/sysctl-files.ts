import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileError, osCode } from '../../machine/file-error.ts';
import { KeptWhile } from '../../machine/kept-while.ts';
import { type PortSet, union } from '../../protocol/port-set.ts';
import { sysctlHints as hints } from './file-hints.ts';
import { parsePortList } from './port-list.ts';

/** Where the kernel's list and the files that fill it at boot are. */
export interface SysctlPaths {
  /** The kernel's list of this network namespace. */
  readonly live: string;
  /** The folders of *.conf files. Of two files with one name, the one in the earlier folder hides the other. */
  readonly folders: readonly string[];
  /** The file that `sysctl --system` applies after all others; systemd-sysctl reads it only through a link. */
  readonly main: string;
  /** Where what `main` sets is moved to. */
  readonly moved: string;
  /** Our own file. Letters come after digits, so it comes after every numbered one: the last file wins. */
  readonly own: string;
  /** What is excluded until the next restart, in a folder that is empty then. */
  readonly passing: string;
  /** Is there where systemd runs the system (sd_booted(3)): it sets a list of any length, procps's sysctl cuts a long one. */
  readonly systemd: string;
}

export const systemPaths: SysctlPaths = {
  live: '/proc/sys/net/ipv4/ip_local_reserved_ports',
  folders: ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map((folder) => `${folder}/sysctl.d`),
  main: '/etc/sysctl.conf',
  moved: '/etc/sysctl.d/60-ip-local-reserved-ports.conf',
  own: '/etc/sysctl.d/zz-port-reservation.conf',
  passing: '/run/port-reservation/excluded',
  systemd: '/run/systemd/system',
};

/** What the lines set. */
export const settingName = 'net.ipv4.ip_local_reserved_ports';

/** What one file sets net.ipv4.ip_local_reserved_ports to. */
export interface Assignment {
  readonly file: string;
  readonly ports: PortSet;
}

/** The value a line gives to net.ipv4.ip_local_reserved_ports. */
export function assignedValue(line: string): string | undefined {
  return /^\s*-?net(?:\.ipv4\.|\/ipv4\/)ip_local_reserved_ports\s*=(.*)$/.exec(line)?.[1]?.trim();
}

/** The ports that the file's last valid assignment names. The kernel refuses a list it cannot read, so it sets nothing. */
export function assignedPorts(text: string): PortSet | undefined {
  const values = text.split('\n').map(assignedValue);
  return values.map((value) => (value === undefined ? undefined : parsePortList(value))).findLast((ports) => ports);
}

/** The text of a regular file; undefined where there is none. A pipe or a device is not waited for. */
export function readText(file: string, flags = 0): string | undefined {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | flags);
    try {
      return fstatSync(descriptor).isFile() ? readFileSync(descriptor, 'utf8') : undefined;
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (osCode(error) === 'ENOENT') return undefined;
    throw fileError(error, { action: 'read', path: file, hints });
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.conf'));
  } catch (error) {
    if (osCode(error) === 'ENOENT' || osCode(error) === 'ENOTDIR') return [];
    throw fileError(error, { action: 'read', path: folder, hints });
  }
}

/** The files of others that count, by the order they are applied in. */
function filesOfOthers({ folders, main, own }: SysctlPaths): { before: string[]; after: string[] } {
  const byName = new Map<string, string>();
  for (const folder of folders) {
    for (const name of namesIn(folder)) {
      const file = join(folder, name);
      if (file !== own && !byName.has(name)) byName.set(name, file);
    }
  }
  const sorted = [...byName].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const ownName = own.slice(own.lastIndexOf('/') + 1);
  const files = (side: (name: string) => boolean) => sorted.filter(([name]) => side(name)).map(([, file]) => file);
  return { before: files((name) => name <= ownName), after: [...files((name) => name > ownName), main] };
}

function assignments(files: readonly string[]): Assignment[] {
  return files.flatMap((file) => {
    const ports = assignedPorts(readText(file) ?? '');
    return ports ? [{ file, ports }] : [];
  });
}

/** What others' files set; ours wins over `before`, and `after` over ours. */
export interface AssignmentsOfOthers {
  readonly before: readonly Assignment[];
  readonly after: readonly Assignment[];
}

const kept = new WeakMap<SysctlPaths, KeptWhile<AssignmentsOfOthers>>();

/**
 * What others' files set, kept while the files and their folders are the same.
 * @throws ServiceError AccessDenied, OsError when one of the files cannot be read
 */
export function assignmentsOfOthers(paths: SysctlPaths): AssignmentsOfOthers {
  let reader = kept.get(paths);
  if (!reader) {
    reader = new KeptWhile();
    kept.set(paths, reader);
  }
  return reader.read(() => {
    const { before, after } = filesOfOthers(paths);
    const value = { before: assignments(before), after: assignments(after) };
    return { value, from: [...paths.folders, ...before, ...after] };
  });
}

/** All ports that others' files name. */
export function portsOfOthers(assignments: AssignmentsOfOthers): PortSet {
  const { before, after } = assignments;
  const known = unions.get(assignments);
  if (known) return known;
  const ports = union(...[...before, ...after].map((one) => one.ports));
  unions.set(assignments, ports);
  return ports;
}

const unions = new WeakMap<AssignmentsOfOthers, PortSet>();
