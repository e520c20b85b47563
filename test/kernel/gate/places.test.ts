import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { mountOf, topControlGroup } from '../../../src/providers/linux/kernel/control-group.ts';
import { missingRights } from '../../../src/providers/linux/kernel/failure.ts';
import {
  bootUnit,
  bootUnitName,
  checkUnitName,
  dropIn,
  dropInName,
} from '../../../src/providers/linux/kernel/unit-text.ts';

describe('the topmost control group', () => {
  const version1 = '30 23 0:26 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n';
  const line = (root: string, path: string) => `35 23 0:30 ${root} ${path} rw,nosuid shared:9 - cgroup2 cgroup2 rw\n`;

  test.each([
    ['of a unified hierarchy', line('/', '/sys/fs/cgroup'), '/sys/fs/cgroup'],
    ['beside those of version 1', version1 + line('/', '/sys/fs/cgroup/unified'), '/sys/fs/cgroup/unified'],
    ['at a path with a blank', line('/', '/mnt/a\\040b'), '/mnt/a b'],
    ['where a part of it is mounted too', line('/', '/sys/fs/cgroup') + line('/user.slice', '/mnt'), '/sys/fs/cgroup'],
    ['of no such mount', version1, undefined],
  ])('%s is found', (_what, mounts, path) => {
    expect(mountOf('cgroup2', mounts)).toBe(path);
  });

  test('is told to be missing where there are those of version 1 alone', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mounts-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'mountinfo'), version1);
    expect(() => topControlGroup(join(folder, 'mountinfo'))).toThrowError(
      expect.objectContaining({
        errorName: 'NotSupported',
        facts: expect.objectContaining({ hint: expect.stringContaining('mount -t cgroup2') }),
      }),
    );
  });
});

describe('the right to BPF is said to be missing', () => {
  const status = (bits: bigint) => `Name:\tnode\nCapEff:\t${bits.toString(16).padStart(16, '0')}\n`;
  const whole = '         0          0 4294967295\n';
  const [netAdmin, sysAdmin, bpf] = [1n << 12n, 1n << 21n, 1n << 39n];

  test.each([
    ['in a user namespace', status(sysAdmin), '         0       1000          1\n', 'user namespace'],
    ['for an ordinary user', status(0n), whole, 'it lacks CAP_BPF and CAP_NET_ADMIN'],
    ['with CAP_BPF alone', status(bpf), whole, 'it lacks CAP_NET_ADMIN'],
    ['with CAP_NET_ADMIN alone', status(netAdmin), whole, 'it lacks CAP_BPF'],
    ['for root whom a policy stops', status(sysAdmin), whole, 'seccomp'],
  ])('%s', (_what, text, map, words) => {
    expect(missingRights(text, map)).toContain(words);
  });
});

describe('units', () => {
  const system = { command: ['/usr/bin/node', '/opt/p/portreservation.mjs'], home: '/var/lib/port-reservation' };
  const odd = { command: ['/opt/50% off/a"b\\c $HOME'], home: '/srv/p r' };

  test('are those of the system for its ledger, and others for another', () => {
    expect([bootUnitName(system), dropInName(system)]).toEqual([
      'port-reservation.service',
      '50-port-reservation.conf',
    ]);
    expect(bootUnitName(odd)).toMatch(/^port-reservation-[0-9a-f]{8}\.service$/);
    expect(dropInName(odd)).toMatch(/^50-port-reservation-[0-9a-f]{8}\.conf$/);
    expect([bootUnit(system).includes('Environment'), bootUnit(odd).includes('Environment')]).toEqual([false, true]);
  });

  test('name their program as systemd reads it back', () => {
    const written = '"/opt/50%% off/a\\"b\\\\c $$HOME"';
    expect(bootUnit(odd)).toContain(`ExecStart=${written} "settle"\n`);
    expect(bootUnit(odd)).toContain('Environment="PORT_RESERVATION_HOME=/srv/p r"\n');
    expect(dropIn(odd, 'web.service')).toContain(`ExecCondition=-+${written} "settle" "--attach" "web.service"\n`);
  });

  test('of a socket let it in before it binds', () => {
    expect(dropIn(system, 'wake.socket')).toContain('[Socket]\nExecStartPre=-+"/usr/bin/node"');
  });

  test.each(['nginx.service', 'a@b.service', 'a@.service', 'dbus-org\\x2da.service', 'wake.socket'])(
    'may be named %s',
    (name) => expect(() => checkUnitName(name, 'allow.service')).not.toThrow(),
  );

  test.each([
    'nginx',
    '../../etc/x.service',
    'a b.service',
    '.service',
    '.hidden.service',
    'a.timer',
    '',
    `${'a'.repeat(250)}.service`,
  ])('may not be named %j', (name) =>
    expect(() => checkUnitName(name, 'allow.service')).toThrow('allow.service must be the name of a systemd'),
  );
});
