import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { executable } from '../../ansible/support.ts';

const [node, program] = executable;

/** What a host has of its own: network, mounts (all of /etc, the ledger, what npm installs) and its name. */
const setUp = `
  hostname "$1"
  ip link set lo up
  mount -t tmpfs tmpfs /mnt && mkdir /mnt/up /mnt/work
  mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/up,workdir=/mnt/work /etc
  rm -f /etc/sysctl.d/*.conf
  mount -t tmpfs tmpfs /var/lib
  mount -t tmpfs tmpfs /run
  mount -t tmpfs tmpfs /usr/local/bin
  ln -s '${node}' /usr/local/bin/node
  printf '#!/bin/sh\\nexec /usr/bin/env node ${program} "$@"\\n' > /usr/local/bin/portreservation
  chmod 755 /usr/local/bin/portreservation
  echo ready
  exec sleep infinity`;

const list = '/proc/sys/net/ipv4/ip_local_reserved_ports';

/** A host of the fleet. */
export class Host {
  readonly name: string;
  readonly #holder: ChildProcess;
  #server: ChildProcess | undefined;

  private constructor(name: string, holder: ChildProcess) {
    this.name = name;
    this.#holder = holder;
  }

  static async start(name: string): Promise<Host> {
    const holder = spawn('unshare', ['-nmu', 'sh', '-ec', setUp, 'host', name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const failed = once(holder, 'close').then(() => Promise.reject(new Error(`${name} could not be set up`)));
    await Promise.race([once(holder.stdout, 'data'), failed]);
    failed.catch(() => {});
    return new Host(name, holder);
  }

  /** What Ansible is to know of it. */
  get variables(): object {
    return { ansible_connection: 'inside', holder: this.#holder.pid };
  }

  sh(command: string): string {
    const words = ['-t', String(this.#holder.pid), '-n', '-m', '-u', '--', 'sh', '-ec', command];
    return execFileSync('nsenter', words, { encoding: 'utf8' });
  }

  live(): string {
    return this.sh(`cat ${list}`).trim();
  }

  /** Another program takes the list for its own. */
  overwrite(ports: string): void {
    this.sh(`echo '${ports}' > ${list}`);
  }

  /** A server that is there before anybody asks for its port. */
  async listen(port: number): Promise<void> {
    const server = `require('node:net').createServer().listen(${port}, () => console.log('listens'))`;
    const words = ['-t', String(this.#holder.pid), '-n', '--', node!, '-e', server];
    this.#server = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(this.#server.stdout!, 'data');
  }

  /** Has no Node any more, wherever it was. */
  removeNode(): void {
    const places = execFileSync('which', ['-a', 'node'], { encoding: 'utf8' }).trim().split('\n');
    this.sh(`rm /usr/local/bin/node
      for node in ${places.join(' ')}; do if [ -x "$node" ]; then mount --bind /dev/null "$node"; fi; done`);
  }

  /** Kills what applies a document, once, at this call that puts a file in its place. */
  killOnce(call: number): void {
    this.sh(`cat > /usr/local/bin/portreservation <<'END'
#!/bin/sh
if [ "$1" = apply ] && mkdir /run/was-killed 2>/dev/null; then
  exec strace -f -qq -o /dev/null -e trace=rename -e inject=rename:signal=SIGKILL:when=${call} ${node} ${program} "$@"
fi
exec /usr/bin/env node ${program} "$@"
END`);
  }

  async stop(): Promise<void> {
    this.#server?.kill();
    this.#holder.kill('SIGKILL');
    if (this.#holder.exitCode === null && this.#holder.signalCode === null) await once(this.#holder, 'close');
  }
}

/** The fact script that the examples have. */
export const factScript: string = readFileSync(
  join(import.meta.dirname, '../../../examples/ansible/port_reservation.fact'),
  'utf8',
);
