import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { DesiredChange } from '../../src/protocol/generated/contract.ts';
import { portreservation } from '../cli/support.ts';

const execute = promisify(execFile);
const collection = fileURLToPath(new URL('../../ansible', import.meta.url));

/** Why Ansible cannot be run here, or nothing. */
export const missing: string =
  spawnSync('ansible-playbook', ['--version']).status === 0 ? '' : ' (skipped: no ansible-playbook on PATH)';

/** The oldest Python that a host may have, on PATH or by pyenv; undefined where there is none. */
export const python36: string | undefined = (() => {
  const env = { ...process.env, PYENV_VERSION: '3.6.15' };
  const { status, stdout } = spawnSync('python3.6', ['-c', 'import sys; print(sys.executable)'], {
    env,
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : undefined;
})();

/** The command line as it ships, in words. */
export const executable = [process.execPath, portreservation];

/** What a task ended with. */
export interface Outcome {
  changed: boolean;
  failed: boolean;
  msg?: string;
  rc?: number;
  changes: DesiredChange[];
  failures?: DesiredChange[];
  diff?: { before: string; after: string };
  error?: { name: string; message: string };
  ansible_facts?: { seen: Outcome };
}

export interface PlayOptions {
  /** To put before the command line. */
  prefix?: string[];
  /** Each with its variables; localhost alone if absent. */
  hosts?: Record<string, object>;
}

/** Ansible with the collection installed as users install it, in a folder of its own; `portreservation` is on PATH. */
export class Ansible {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'port-reservation-ansible-'));
  readonly #env: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${join(this.folder, 'bin')}:${process.env.PATH}`,
    LC_ALL: 'C.UTF-8',
    ANSIBLE_HOME: this.folder,
    ANSIBLE_LOCAL_TEMP: join(this.folder, 'local'),
    ANSIBLE_REMOTE_TEMP: join(this.folder, 'remote'),
    ANSIBLE_COLLECTIONS_PATH: join(this.folder, 'collections'),
    ANSIBLE_LOCALHOST_WARNING: 'False',
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_PIPELINING: 'True',
    ANSIBLE_RETRY_FILES_ENABLED: 'False',
  };

  /** @param env what Ansible is to be started with besides */
  static async install(env: NodeJS.ProcessEnv = {}): Promise<Ansible> {
    const ansible = new Ansible();
    Object.assign(ansible.#env, env);
    mkdirSync(join(ansible.folder, 'bin'));
    const words = executable.map((word) => `'${word}'`).join(' ');
    writeFileSync(join(ansible.folder, 'bin/portreservation'), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
    await ansible.run('ansible-galaxy', 'collection', 'build', collection, '--output-path', ansible.folder);
    const built = readdirSync(ansible.folder).find((name) => name.endsWith('.tar.gz'))!;
    const to = join(ansible.folder, 'collections');
    await ansible.run('ansible-galaxy', 'collection', 'install', join(ansible.folder, built), '-p', to, '--offline');
    return ansible;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs a program of Ansible and gives its output. */
  async run(program: string, ...words: string[]): Promise<string> {
    return (await execute(program, words, { env: this.#env, cwd: this.folder, maxBuffer: 2 ** 26 })).stdout;
  }

  /** A file with the text, by its path. */
  file(name: string, text: string): string {
    writeFileSync(join(this.folder, name), text);
    return join(this.folder, name);
  }

  /** Runs tasks one after the other on all hosts, whatever fails, and gives what each ended with, by host. */
  async play(tasks: readonly object[], { prefix = [], hosts = { localhost: {} } }: PlayOptions = {}) {
    const registered = tasks.map((task, index) => ({ ignore_errors: true, register: `task${index}`, ...task }));
    const names = registered.map(({ register }) => register);
    const report = {
      'ansible.builtin.copy': {
        content: `{{ [${names}] | to_json }}`,
        dest: join(this.folder, '{{ inventory_hostname }}.json'),
      },
      check_mode: false,
      diff: false,
    };
    const play = {
      hosts: 'all',
      connection: 'local',
      gather_facts: false,
      vars: { ansible_python_interpreter: '{{ ansible_playbook_python }}' },
      tasks: [...registered, report],
    };
    const inventory = this.file('inventory.json', JSON.stringify({ all: { hosts } }));
    const playbook = this.file('playbook.yaml', JSON.stringify([play]));
    const [program, ...words] = [...prefix, 'ansible-playbook', '-i', inventory, playbook];
    await this.run(program!, ...words);
    const outcomes = (host: string): Outcome[] => JSON.parse(readFileSync(join(this.folder, `${host}.json`), 'utf8'));
    return Object.fromEntries(Object.keys(hosts).map((host) => [host, outcomes(host)]));
  }
}
