import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { noPackages, packageFile, packagesTitle } from '../package/installation.ts';
import { Ansible, missing } from './support.ts';

const root = join(import.meta.dirname, '../..');

describe.skipIf(missing)(`what comes with the collection${missing}`, () => {
  let ansible: Ansible;
  beforeAll(async () => {
    ansible = await Ansible.install();
  });
  afterAll(() => ansible?.remove());

  const installed = (path: string) =>
    join(ansible.folder, 'collections/ansible_collections/portreservation/ports', path);

  test('the target for ansible-test integration passes', async () => {
    const play = { hosts: 'localhost', gather_facts: false, tasks: installedTasks() };
    const output = await ansible.run('ansible-playbook', ansible.file('target.yaml', JSON.stringify([play])));
    expect(output).toMatch(/changed=\d+ .* failed=0/);
    expect(output).toContain('All assertions passed');
  });

  const installedTasks = () => [
    { 'ansible.builtin.include_tasks': installed('tests/integration/targets/desired_state/tasks/main.yml') },
  ];

  test("molecule's scenario converges, changes nothing the second time, and verifies", async () => {
    const scenario = installed('extensions/molecule/default');
    const home = mkdtempSync(join(tmpdir(), 'port-reservation-molecule-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const play = (name: string) => {
      const text = readFileSync(join(scenario, name), 'utf8').replaceAll('/tmp/port-reservation-molecule', home);
      return ansible.run('ansible-playbook', '-c', 'local', '-i', 'localhost,', ansible.file(name, text));
    };
    expect(await play('converge.yml')).toMatch(/changed=1 .* failed=0/);
    expect(await play('converge.yml')).toMatch(/changed=0 .* failed=0/);
    expect(await play('verify.yml')).toMatch(/failed=0/);
  });

  test.skipIf(noPackages)(packagesTitle('the role install installs the package once'), async () => {
    const place = join(ansible.folder, 'host');
    mkdirSync(place);
    const vars = { install_package: packageFile('.tgz'), install_folder: place, install_prefix: join(place, 'prefix') };
    const role = { 'ansible.builtin.include_role': { name: 'portreservation.ports.install' }, vars };
    const play = (check = false) =>
      ansible.run(
        'ansible-playbook',
        ...(check ? ['--check'] : []),
        ansible.file('install.yaml', JSON.stringify([{ hosts: 'localhost', gather_facts: false, tasks: [role] }])),
      );
    expect(await play(true)).toMatch(/changed=1 .* failed=0 /);
    expect(await play()).toMatch(/changed=2 .* failed=0/);
    expect(await play()).toMatch(/changed=0 .* failed=0/);
    const program = join(place, 'prefix/bin/portreservation');
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(await ansible.run(program, '--version')).toBe(`${version}\n`);
  });
});
