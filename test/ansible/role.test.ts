import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { noNamespaces, openNamespace } from '../support/namespace.ts';
import { ownHome } from '../support/worker.ts';
import { Ansible, executable, missing } from './support.ts';

const role = { name: 'portreservation.ports.port_reservations' };
const document = (startPort: number) => ({ name: 'shop', reservations: [{ protocol: 'tcp', startPort, name: 'web' }] });
const newHome = () => ownHome(onTestFinished).PORT_RESERVATION_HOME!;

describe.skipIf(missing)(`the role portreservation.ports.port_reservations${missing}`, () => {
  let ansible: Ansible;
  beforeAll(async () => {
    ansible = await Ansible.install();
  });
  afterAll(() => ansible?.remove());

  /** Applies the role to its variables, and tells what it left in `port_reservations_result`. */
  const applyRole = (vars: object) => [
    { 'ansible.builtin.include_role': role, vars, ignore_errors: false },
    { 'ansible.builtin.set_fact': { seen: '{{ port_reservations_result }}' } },
  ];

  test('gives each of two hosts at once what its variables ask for', async () => {
    const homes = { one: newHome(), two: newHome() };
    const hosts = {
      one: { port_reservations_home: homes.one, port_reservations_document: document(22_700) },
      two: { port_reservations_home: homes.two, port_reservations_document: document(22_710) },
    };
    const vars = { port_reservations_provider: 'ledger' };
    const played = await ansible.play([...applyRole(vars), ...applyRole(vars)], { hosts });
    const ports = (home: string) => {
      const [program, ...words] = [...executable, 'get', '--json'];
      const env = { ...process.env, PORT_RESERVATION_HOME: home };
      const { reservations } = JSON.parse(execFileSync(program!, words, { env, encoding: 'utf8' }));
      return reservations.map(({ range }: { range: { startPort: number } }) => range.startPort);
    };
    expect([ports(homes.one), ports(homes.two)]).toEqual([[22_700], [22_710]]);
    for (const host of ['one', 'two']) {
      const results = played[host]!.flatMap(({ ansible_facts: facts }) => facts?.seen ?? []);
      expect(results.map(({ changed, changes }) => [changed, changes[0]!.action])).toEqual([
        [true, 'create'],
        [false, 'none'],
      ]);
    }
  });

  test.skipIf(noNamespaces)(`asks the Linux kernel${noNamespaces ? ` (skipped: ${noNamespaces})` : ''}`, async () => {
    const namespace = await openNamespace();
    const src = ansible.file(
      'ports.yaml',
      [
        'name: shop',
        'reservations: [{ protocol: tcp, startPort: 22720, numberOfPorts: 2 }]',
        'exclusions: [{ protocol: [tcp, udp], startPort: 22730 }]',
      ].join('\n'),
    );
    const vars = {
      port_reservations_src: src,
      port_reservations_remote_src: true,
      port_reservations_home: newHome(),
    };
    const live = () => namespace.sh('cat /proc/sys/net/ipv4/ip_local_reserved_ports').trim();
    await ansible.play(applyRole(vars), namespace);
    expect(live()).toBe('22720-22721,22730');
    expect(namespace.sh('cat /etc/sysctl.d/*')).toContain('22720-22721,22730');
    ansible.file('ports.yaml', 'name: shop\nexclusions: [{ protocol: [tcp, udp], startPort: 22730 }]');
    await ansible.play(applyRole({ ...vars, port_reservations_prune: true }), namespace);
    expect(live()).toBe('22730');
  });

  test('refuses variables of the wrong kind before anything is done', async () => {
    const bad = { port_reservations_document: 'shop' };
    await expect(ansible.play(applyRole(bad))).rejects.toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/port_reservations_document.* dict/),
    });
  });
});
