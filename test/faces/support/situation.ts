import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { portreservation } from '../../cli/support.ts';
import { noGate } from '../../kernel/gate/support/room.ts';
import { GatedMachine } from '../../kernel/reservations/support/gated-machine.ts';

const setUp =
  'ip link set lo up && mount -t tmpfs tmpfs /etc/sysctl.d && mount -t tmpfs tmpfs /run && echo ready && exec sleep infinity';
const listener =
  "import socket,sys;s=socket.socket();s.bind(('127.0.0.1',int(sys.argv[1])));s.listen();print('ready',flush=True);sys.stdin.read()";

/** How a program ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** A machine of its own: network, sysctl.d, ledger and where it can be the kernel's gate, made anew for each test. */
export class Situation {
  readonly #holder: ChildProcess | undefined;
  readonly #gated: GatedMachine | undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), 'port-reservation-faces-'));
  #listeners: ChildProcess[] = [];
  #homes = 0;
  #isUser = false;

  private constructor(holder: ChildProcess | undefined, gated: GatedMachine | undefined) {
    this.#holder = holder;
    this.#gated = gated;
    chmodSync(this.#folder, 0o755);
  }

  static async open(): Promise<Situation> {
    if (!noGate) return new Situation(undefined, await GatedMachine.open());
    const holder = spawn('unshare', ['-nm', 'sh', '-c', setUp], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout!, 'data');
    return new Situation(holder, undefined);
  }

  async close(): Promise<void> {
    await this.reset();
    this.#holder?.kill();
    await this.#gated?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** @param asUser whether what follows is asked for by an ordinary user */
  async reset({ asUser = false }: { asUser?: boolean } = {}): Promise<void> {
    for (const child of this.#listeners) {
      child.stdin!.end();
      await once(child, 'close');
    }
    this.#listeners = [];
    this.sh('echo > /proc/sys/net/ipv4/ip_local_reserved_ports; rm -rf /etc/sysctl.d/*');
    if (this.#gated) {
      this.sh('mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf; rm -rf /sys/fs/bpf/port-reservation');
    }
    this.#homes++;
    this.#isUser = asUser;
    const owner = asUser ? 'nobody' : 'root';
    this.sh(`mkdir '${this.home}'; chown ${owner} '${this.home}'; chmod 700 '${this.home}'`);
  }

  get home(): string {
    return join(this.#folder, `home-${this.#homes}`);
  }

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, PORT_RESERVATION_HOME: this.home };
  }

  /** What to put before a command line to run it in there, as the user who asks. */
  get prefix(): string[] {
    const asUser = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
    return [...this.#enter, ...(this.#isUser ? asUser : [])];
  }

  get #enter(): string[] {
    return this.#gated?.prefix() ?? ['nsenter', '-t', String(this.#holder!.pid), '-n', '-m', '--wd=.', '--'];
  }

  sh(command: string): string {
    const [program, ...words] = [...this.#enter, 'sh', '-ec', command];
    return execFileSync(program!, words, { encoding: 'utf8' });
  }

  /** Runs a program there to its end. */
  async run(command: readonly string[], { input = '', cwd }: { input?: string; cwd?: string } = {}): Promise<Ended> {
    const [program, ...words] = [...this.prefix, ...command];
    const child = spawn(program!, words, { env: this.env, cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => {}).end(input);
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { code, stdout, stderr };
  }

  portreservation(...words: string[]): Promise<Ended> {
    return this.run([process.execPath, portreservation, ...words]);
  }

  async listen(port: number): Promise<void> {
    const [program, ...words] = [...this.#enter, 'python3', '-c', listener, String(port)];
    const child = spawn(program!, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#listeners.push(child);
    await once(child.stdout!, 'data');
  }

  /** All that a change could leave: the kernel's list, the files of the system, and the ledger's records. */
  state(): { list: string; gate: string; records: unknown[] } {
    const files = readdirSync(this.home).filter((name) => name.endsWith('.json'));
    const contents = files.map((name) => JSON.parse(readFileSync(join(this.home, name), 'utf8')));
    return {
      list: this.sh('cat /proc/sys/net/ipv4/ip_local_reserved_ports; tail -n +1 /etc/sysctl.d/* 2>/dev/null || true'),
      gate: this.#gated?.pins() ?? '',
      records: contents.flatMap(({ reservations = [], exclusions = [] }) => [...reservations, ...exclusions]),
    };
  }
}
