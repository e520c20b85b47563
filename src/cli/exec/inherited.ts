import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * What the command is to find as if this program did not stand between it and its caller. Node has put aside some of it
 * before a program runs: it takes no signal as ignored, raises the limit of open files, and marks descriptors to be closed.
 * So this is what can still be seen: of the caller, in the environment, and in the table of descriptors.
 */
export interface Inherited {
  /** Open descriptors above 2. */
  descriptors: number[];
  /** Signals that are ignored, by number. */
  ignored: number[];
  /** How many files may be open; undefined: as it is now. */
  openFiles: number | undefined;
  /** Whether the sockets of systemd are meant for the process with this program's id. */
  hasSockets: boolean;
}

const nothing: Inherited = { descriptors: [], ignored: [], openFiles: undefined, hasSockets: false };

/** What can be seen of it; to be asked before sockets and files are opened. Linux alone shows it. */
export function inherited(env: NodeJS.ProcessEnv, { platform, pid }: { platform: string; pid: number }): Inherited {
  if (platform !== 'linux') return nothing;
  const hasSockets = env.LISTEN_PID === String(pid);
  try {
    const caller = Number(/^PPid:\s*(\d+)/m.exec(read('/proc/self/status'))![1]);
    return { descriptors: descriptors(env), ignored: ignored(env, caller), openFiles: openFiles(caller), hasSockets };
  } catch {
    return { ...nothing, hasSockets }; // no /proc, or not the caller's
  }
}

const read = (path: string) => readFileSync(path, 'latin1');

/** HUP, INT, USR1, USR2, ALRM, STKFLT, URG, VTALRM, PROF, WINCH, IO, PWR: what shells ignore for others alone. */
const takenFromCaller = [1, 2, 10, 12, 14, 16, 23, 26, 27, 28, 29, 30];
const [HUP, INT, QUIT] = [1, 2, 3];

function ignored(env: NodeJS.ProcessEnv, caller: number): number[] {
  const found = new Set<number>();
  if (caller > 1) {
    const mask = BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)/m.exec(read(`/proc/${caller}/status`))![1]}`);
    const isIgnored = (signal: number) => ((mask >> BigInt(signal - 1)) & 1n) === 1n;
    for (const signal of takenFromCaller.filter(isIgnored)) found.add(signal);
    // Interactive shells ignore QUIT themselves; what they start in the background ignores both.
    if (isIgnored(INT) && isIgnored(QUIT)) found.add(QUIT);
  }
  if (isUnderNohup(env)) found.add(HUP);
  return [...found];
}

/** nohup becomes the program it starts; shells name it in `_`, and where the input was a terminal it leaves its mark there. */
function isUnderNohup(env: NodeJS.ProcessEnv): boolean {
  if (basename(env._ ?? '') === 'nohup') return true;
  return readlinkSync('/proc/self/fd/0') === '/dev/null' && (flagsOf('/proc/self/fdinfo/0') & accessMode) === writeOnly;
}

const accessMode = 3;
const writeOnly = 1;
const closeOnExec = 0o2000000;

const flagsOf = (path: string) => Number.parseInt(/^flags:\s*([0-7]+)/m.exec(read(path))![1]!, 8);

const softLimit = (path: string) => Number(/^Max open files\s+(\d+)/m.exec(read(path))?.[1] ?? Number.NaN);

function openFiles(caller: number): number | undefined {
  if (caller <= 1) return undefined;
  const theirs = softLimit(`/proc/${caller}/limits`);
  return theirs < softLimit('/proc/self/limits') ? theirs : undefined;
}

/**
 * Node takes the lowest numbers that are free, first of all for its event loop: what is below was there before. Above, what
 * Node never opens itself; and what has no mark to be closed is passed on without us.
 */
function descriptors(env: NodeJS.ProcessEnv): number[] {
  const open = new Map<number, { target: string; flags: number }>();
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      const [target, flags] = [readlinkSync(`/proc/self/fd/${name}`), flagsOf(`/proc/self/fdinfo/${name}`)];
      if (Number(name) > 2) open.set(Number(name), { target, flags });
    } catch {
      // It was that of this very look.
    }
  }
  const first = Math.min(
    ...[...open].filter(([, { target }]) => target === 'anon_inode:[eventpoll]').map(([fd]) => fd),
  );
  const named = namedIn(env);
  return [...open]
    .filter(([fd, { target, flags }]) => {
      if ((flags & closeOnExec) === 0) return false;
      return fd < first || named.has(fd) || /^(?:socket:|\/(?!dev\/null$|proc\/))/.test(target);
    })
    .map(([fd]) => fd)
    .sort((a, b) => a - b);
}

/** The descriptors that the environment names: systemd's sockets, and make's jobserver. */
function namedIn(env: NodeJS.ProcessEnv): Set<number> {
  const sockets = Array.from({ length: Math.min(Number(env.LISTEN_FDS ?? 0) || 0, 1000) }, (_, index) => 3 + index);
  const [, one, other] = /--jobserver-(?:auth|fds)=(\d+),(\d+)/.exec(env.MAKEFLAGS ?? '') ?? [];
  return new Set([...sockets, ...[one, other].filter((word) => word !== undefined).map(Number)]);
}

/**
 * The command as a shell starts it that restores the rest, since Node gives a child none of it. No shell where there is
 * nothing to restore.
 */
export function restoring(
  { file, args }: { file: string; args: string[] },
  { ignored: signals, openFiles: limit, hasSockets }: Inherited,
): { file: string; args: string[] } {
  const steps = [
    ...(signals.length > 0 ? [`trap '' ${signals.join(' ')}`] : []),
    ...(limit !== undefined ? [`ulimit -Sn ${limit}`] : []),
    ...(hasSockets ? ['LISTEN_PID=$$', 'export LISTEN_PID', 'unset LISTEN_PIDFDID'] : []),
  ];
  if (steps.length === 0) return { file, args };
  return { file: '/bin/sh', args: ['-c', `${steps.join('; ')}; exec "$0" "$@"`, file, ...args] };
}
