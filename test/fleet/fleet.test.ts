import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageVersion } from '../../src/protocol/generated/contract.ts';
import { Ansible, missing, type Outcome } from '../ansible/support.ts';
import { noNamespaces } from '../support/namespace.ts';
import { factScript, Host } from './support/fleet.ts';

const noStrace = spawnSync('strace', ['--version']).status !== 0 && 'needs strace';
const lacking = missing.replace(/^ \(skipped: (.*)\)$/, '$1') || noNamespaces || noStrace;
const title = `ten hosts${lacking ? ` (skipped: ${lacking})` : ''}`;

const names = Array.from({ length: 10 }, (_, index) => `shop${index}`);
const [withoutNode, readOnly, killed, drifted, restarted, filed, serving] = names as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];

const task = (name: string, args: object, more: object = {}) => ({ [`portreservation.ports.${name}`]: args, ...more });
const document = {
  name: 'shop',
  reservations: [
    { protocol: 'tcp', startPort: '{{ task0.start_port }}', numberOfPorts: 3, name: 'web' },
    { protocol: ['tcp', 'udp'], startPort: 22_053, name: 'dns' },
  ],
  exclusions: [{ protocol: 'tcp', startPort: 5173 }],
};
const find = task('common_block', { number: 3, within: '21000-21999', document: 'shop', name: 'web' });
const apply = (more: object = {}) => task('desired_state', { document, prune: true }, { diff: true, ...more });

type Block = Outcome & { start_port: number; hosts: string[]; unanswered: Record<string, string>; warnings: string[] };

describe.skipIf(lacking)(title, { timeout: 300_000 }, () => {
  let ansible: Ansible;
  const hosts = new Map<string, Host>();
  const host = (name: string) => hosts.get(name)!;
  const play = (tasks: readonly object[], limit: readonly string[] = names) =>
    ansible.play(tasks, { hosts: Object.fromEntries(limit.map((name) => [name, host(name).variables])) });

  beforeAll(async () => {
    const env = { ANSIBLE_CONNECTION_PLUGINS: join(import.meta.dirname, 'connection_plugins'), ANSIBLE_FORKS: '5' };
    ansible = await Ansible.install(env);
    for (const one of await Promise.all(names.map((name) => Host.start(name)))) hosts.set(one.name, one);
    host(withoutNode).removeNode();
    host(readOnly).sh('mount -o remount,ro /etc');
    host(killed).killOnce(2);
    // Somebody else has the lowest ports of the range on one host, and a server runs in the middle of the next on another.
    host(filed).sh("echo 'net.ipv4.ip_local_reserved_ports = 21000-21004' > /etc/sysctl.d/10-other.conf");
    await host(serving).listen(21_006);
  });
  afterAll(async () => {
    for (const one of hosts.values()) await one.stop();
    ansible?.remove();
  });

  test('get a block that is free on each, and reserve it; what fails on one is told in a sentence', async () => {
    const played = await play([find, apply()]);
    const [block] = played[drifted] as [Block];
    expect(block).toMatchObject({ start_port: 21_007, hosts: names.slice(1) });
    expect(Object.keys(block.unanswered)).toEqual([withoutNode]);
    expect(block.warnings).toEqual([
      expect.stringMatching(/left out: shop0 \(.* there is no Node on the managed host/),
    ]);
    for (const name of names.slice(3)) {
      expect(played[name]![1], name).toMatchObject({ changed: true, failed: false });
      expect(host(name).live()).toBe('5173,21007-21009,22053');
    }
    const said = (name: string) => played[name]![1]!.msg!;
    expect(said(withoutNode)).toMatch(
      /^\S+ needs Node 20\.19 or newer, and there is no Node on the managed host, .* Nothing was done\./,
    );
    expect(said(readOnly)).toMatch(
      /^Nothing of the document 'shop' was done, for one reason: Cannot .* \/etc\/sysctl\.d.*: EROFS\. It is on a read-only file system/,
    );
    expect(JSON.stringify(played[readOnly]![1]).length).toBeLessThan(1500);
    expect(said(killed)).toMatch(/was killed by signal 9 \(SIGKILL\) before it said what it did\./);
  });

  test('change nothing the second time but what was cut short, and find the same block', async () => {
    host(readOnly).sh('mount -o remount,rw /etc');
    const bare = task('common_block', { number: 3, within: '21000-21999' });
    const played = await play([find, apply(), bare], names.slice(1));
    for (const name of names.slice(1)) {
      expect((played[name]![0] as Block).start_port, name).toBe(21_007);
      expect((played[name]![2] as Block).start_port, name).toBe(21_007);
      expect([played[name]![1]!.failed, played[name]![1]!.msg], name).toEqual([false, undefined]);
      expect([name, played[name]![1]!.changed]).toEqual([name, name === readOnly || name === killed]);
      expect(host(name).live()).toBe('5173,21007-21009,22053');
    }
  });

  test('show in check mode what other programs took away, repair it, and are as they should be then', async () => {
    host(drifted).overwrite('8080');
    host(restarted).sh('rm /etc/sysctl.d/zz-port-reservation.conf');
    const pair = [drifted, restarted, killed];
    const played = await play(
      [find, apply({ check_mode: true }), task('info', {}), apply(), apply({ check_mode: true })],
      pair,
    );
    for (const name of [drifted, restarted]) {
      const [, foreseen, , repaired, after] = played[name]!;
      expect([name, foreseen!.changed, repaired!.changed, after!.changed]).toEqual([name, true, true, false]);
      expect(repaired!.changes.map(({ action }) => action)).toEqual(['repair', 'repair', 'repair', 'repair']);
      expect(foreseen!.diff!.before).toContain(`state: "${name === drifted ? 'lost' : 'lostAtBoot'}"`);
      expect(foreseen!.diff!.after).toContain('state: "inForce"');
    }
    const told = (name: string) => played[name]![2] as unknown as { in_force: boolean; drift: { state: string }[] };
    expect([told(drifted).in_force, told(killed).in_force]).toEqual([false, true]);
    expect(told(restarted).drift.map(({ state }) => state)).toEqual(Array(4).fill('lostAtBoot'));
    expect(host(drifted).live()).toBe('5173,8080,21007-21009,22053');
    expect(host(restarted).sh('cat /etc/sysctl.d/zz-*')).toContain('= 5173,21007-21009,22053\n');
    expect(played[killed]![1]).toMatchObject({ changed: false });
  });

  test('give their ports to templates, by the module and by a fact script', async () => {
    const limit = [drifted, filed];
    const copy = (content: string, dest: string, mode: string) => ({ 'ansible.builtin.copy': { content, dest, mode } });
    const played = await play(
      [
        task('info', { provider: 'linux' }, { check_mode: true }),
        copy('server { listen {{ task0.ports.web }}; }\n', '/run/shop.conf', '0644'),
        { 'ansible.builtin.file': { path: '/etc/ansible/facts.d', state: 'directory', mode: '0755' } },
        copy(factScript, '/etc/ansible/facts.d/port_reservation.fact', '0755'),
        { 'ansible.builtin.setup': { gather_subset: '!all,!min,local' } },
        copy('{{ ansible_local.port_reservation.ports.dns }}\n', '/run/dns', '0644'),
      ],
      limit,
    );
    for (const name of limit) {
      expect(played[name]![0]).toMatchObject({
        changed: false,
        ports: { web: 21_007, dns: 22_053 },
        version: packageVersion,
      });
      expect(host(name).sh('cat /run/shop.conf /run/dns')).toBe('server { listen 21007; }\n22053\n');
    }
    const { exclusions } = played[filed]![0] as unknown as { exclusions: object[] };
    expect(exclusions).toContainEqual(
      expect.objectContaining({ state: 'foreign', own: false, range: { startPort: 21_000, numberOfPorts: 5 } }),
    );
    expect(JSON.stringify(played)).not.toMatch(/"token"/);
  });
});
