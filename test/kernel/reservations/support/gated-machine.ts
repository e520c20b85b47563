import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { topControlGroup } from '../../../../src/providers/linux/kernel/control-group.ts';
import type { WorkerClient } from '../../../../src/rpc/client/client.ts';
import { portreservation } from '../../../cli/support.ts';
import { workerFile } from '../../../support/worker.ts';
import { removeGroup } from '../../gate/support/room.ts';

const setUp = `
  mount -t tmpfs tmpfs /etc/sysctl.d
  mount -t tmpfs tmpfs /var/lib
  if [ -d /run/systemd ]; then mount -t tmpfs tmpfs /run/systemd; fi
  if ! mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null; then
    mount -t tmpfs none /sys/fs/cgroup
    mount -t cgroup2 none /sys/fs/cgroup
  fi
  mount -t bpf bpf /sys/fs/bpf
  ip link set lo up
  echo ready
  exec sleep infinity`;

const binder = `
import errno, os, socket, struct, sys
port, kind, token = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
try:
    if token: s.setsockopt(0x5052, 1, struct.pack("=Q", token))
    s.bind(("", port))
    print("bound")
except OSError as e: print(errno.errorcode[e.errno])`;

/** How a program ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface Running {
  /** Runs it as this user, without any of root's rights. */
  userId?: number;
  env?: NodeJS.ProcessEnv;
  input?: string;
}

let made = 0;

/**
 * A machine whose kernel may be asked to enforce reservations, and nothing of this one changes: its network, mounts, BPF file
 * system and control groups are its own, so what the product takes for the topmost control group is a child of ours.
 */
export class GatedMachine {
  readonly #holder: ChildProcess;
  readonly folder = mkdtempSync(join(tmpdir(), 'gated-'));
  readonly #group: string;
  readonly #workers: WorkerClient[] = [];
  readonly #children: ChildProcess[] = [];

  private constructor(holder: ChildProcess, group: string) {
    this.#holder = holder;
    this.#group = group;
    chmodSync(this.folder, 0o755);
  }

  static async open(): Promise<GatedMachine> {
    const group = join(topControlGroup().path, `port-reservation-machine-${process.pid}-${made++}`);
    mkdirSync(group);
    const start = 'echo $$ > "$0/cgroup.procs" && exec unshare -nmC sh -ec "$1"';
    const holder = spawn('sh', ['-c', start, group, setUp], { stdio: ['ignore', 'pipe', 'inherit'] });
    const machine = new GatedMachine(holder, group);
    const failed = once(holder, 'close').then(() => Promise.reject(new Error('the machine could not be set up')));
    await Promise.race([once(holder.stdout!, 'data'), failed]);
    failed.catch(() => {});
    return machine;
  }

  /** What to put before a command line to run it there. */
  prefix(userId?: number): string[] {
    const enter = ['nsenter', '-t', String(this.#holder.pid), '-n', '-m', '-C', '--wd=.', '--'];
    const asUser = ['setpriv', `--reuid=${userId}`, `--regid=${userId}`, '--clear-groups', '--'];
    const join = ['sh', '-c', 'echo $$ > "$0/cgroup.procs" && exec "$@"', this.#group];
    return [...join, ...enter, ...(userId === undefined ? [] : asUser)];
  }

  /** The environment of a ledger that is root's alone. */
  get env(): NodeJS.ProcessEnv {
    return { ...process.env, PORT_RESERVATION_HOME: join(this.folder, 'home') };
  }

  /** The environment of the system's ledger, which all may read. */
  get systemEnv(): NodeJS.ProcessEnv {
    const { PORT_RESERVATION_HOME: _, ...env } = process.env;
    return { ...env, HOME: join(this.folder, 'user') };
  }

  sh(command: string): string {
    const [program, ...words] = [...this.prefix(), 'sh', '-ec', command];
    return execFileSync(program!, words, { encoding: 'utf8' });
  }

  start(command: readonly string[], { userId, env = this.env }: Running = {}): ChildProcess {
    const [program, ...words] = [...this.prefix(userId), ...command];
    const child = spawn(program!, words, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#children.push(child);
    return child;
  }

  /** Runs a program there to its end. */
  async run(command: readonly string[], { input = '', ...running }: Running = {}): Promise<Ended> {
    const child = this.start(command, running);
    child.stdin!.on('error', () => {}).end(input);
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout!),
      text(child.stderr!),
      once(child, 'close'),
    ]);
    return { code, stdout, stderr };
  }

  /** The command line; with `--json` its document. */
  portreservation(words: readonly string[], running: Running = {}): Promise<Ended> {
    return this.run([process.execPath, portreservation, ...words], running);
  }

  async worker({ userId, env = this.env }: Running = {}): Promise<WorkerClient> {
    const command = [...this.prefix(userId), process.execPath, workerFile, '--stdio'];
    // Loaded here: it gives vscode-jsonrpc a smaller runtime than suites need that use all of it.
    const { startWorker } = await import('../../../../src/rpc/client/client.ts');
    const worker = await startWorker({ command, env });
    this.#workers.push(worker);
    return worker;
  }

  /** What a plain program in Python is told by bind: `bound`, or the error's name. */
  async bind(
    port: number,
    { protocol = 'tcp', token = '0', userId }: { protocol?: 'tcp' | 'udp'; token?: string; userId?: number } = {},
  ): Promise<string> {
    const command = ['/usr/bin/python3', '-c', binder, `${port}`, protocol, token];
    const { stdout, stderr } = await this.run(command, userId === undefined ? {} : { userId });
    return (stdout || stderr).trim();
  }

  /** The pins of the gate; empty where there is none. */
  pins(): string {
    return this.sh('ls /sys/fs/bpf/port-reservation 2>/dev/null || true').trim();
  }

  /** Frees everything as if nothing had been there: the next test begins. */
  async reset(): Promise<void> {
    await this.#end();
    this.sh(`rm -rf /sys/fs/bpf/port-reservation /etc/sysctl.d/* /var/lib/port-reservation
      echo > /proc/sys/net/ipv4/ip_local_reserved_ports`);
    for (const name of ['home', 'user']) rmSync(join(this.folder, name), { recursive: true, force: true });
    mkdirSync(join(this.folder, 'user'), { mode: 0o777 });
    chmodSync(join(this.folder, 'user'), 0o777);
  }

  async #end(): Promise<void> {
    for (const worker of this.#workers.splice(0)) await worker.close().catch(() => {});
    for (const child of this.#children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  }

  async close(): Promise<void> {
    await this.#end();
    this.#holder.kill('SIGKILL');
    await once(this.#holder, 'close');
    // What programs have started here and left is in there, too.
    writeFileSync(join(this.#group, 'cgroup.kill'), '1');
    for (const one of readdirSync(this.#group, { withFileTypes: true })) {
      if (one.isDirectory()) await removeGroup(join(this.#group, one.name));
    }
    await removeGroup(this.#group);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
