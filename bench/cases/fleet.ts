import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Case, paired, type Result } from '../measure.ts';
import { built } from '../support.ts';

const collection = fileURLToPath(new URL('../../ansible', import.meta.url));
const programFile = built('portreservation.mjs');

const hosts = Array.from({ length: 10 }, (_, index) => `host${index}`);

const document = {
  name: 'bench',
  reservations: [
    { protocol: 'tcp', startPort: 21_040, numberOfPorts: 3, name: 'web' },
    { protocol: ['tcp', 'udp'], startPort: 21_053, name: 'dns' },
  ],
};

/** Ten hosts, each with a ledger of its own: what a module costs beside Ansible's own, which is the same on any connection. */
const apply: Case = {
  name: 'Ansible on ten hosts',
  async run() {
    if (spawnSync('ansible-playbook', ['--version']).status !== 0) return [];
    const folder = mkdtempSync(join(tmpdir(), 'bench-fleet-'));
    try {
      return await measured(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measured(folder: string): Promise<Result[]> {
  const env = {
    ...process.env,
    LC_ALL: 'C.UTF-8',
    ANSIBLE_HOME: folder,
    ANSIBLE_LOCAL_TEMP: join(folder, 'local'),
    ANSIBLE_REMOTE_TEMP: join(folder, 'remote'),
    ANSIBLE_COLLECTIONS_PATH: join(folder, 'collections'),
    ANSIBLE_PIPELINING: 'True',
    ANSIBLE_FORKS: '10',
  };
  const run = (program: string, ...words: string[]) =>
    execFileSync(program, words, { env, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  run('ansible-galaxy', 'collection', 'build', collection, '--output-path', folder);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tar.gz'))!;
  run('ansible-galaxy', 'collection', 'install', tarball, '-p', join(folder, 'collections'), '--offline');
  const inventory = { all: { hosts: Object.fromEntries(hosts.map((name) => [name, { home: join(folder, name) }])) } };
  writeFileSync(join(folder, 'inventory.json'), JSON.stringify(inventory));
  const playbook = (name: string, task: object) => {
    const vars = { ansible_python_interpreter: '{{ ansible_playbook_python }}' };
    const play = { hosts: 'all', connection: 'local', gather_facts: false, vars, tasks: [task] };
    writeFileSync(join(folder, name), JSON.stringify([play]));
    return () => run('ansible-playbook', '-i', 'inventory.json', name);
  };
  const program = [process.execPath, programFile];
  const applied = playbook('apply.json', {
    'portreservation.ports.desired_state': { document, provider: 'ledger', home: '{{ home }}', executable: program },
  });
  const pinged = playbook('ping.json', { 'ansible.builtin.ping': {} });
  applied();
  const result = await paired(5, applied, pinged);
  return [{ name: 'second apply on ten hosts', ...result, floor: 'ansible.builtin.ping on them', aim: '<= 1.3' }];
}

export const fleetCases: Case[] = [apply];
