import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { boot, noSystemd } from '../../support/boot.ts';
import { gateTitle, noGate } from '../gate/support/room.ts';

const here = import.meta.dirname;
const worker = join(here, '../../../dist/PortReservation/worker');

const lacking = noGate ?? noSystemd ?? (spawnSync('python3', ['--version']).status === 0 ? undefined : 'needs python3');
const title = lacking && !noGate ? `systemd (skipped: ${lacking})` : gateTitle('systemd');

const refused = 'Address already in use';

const serve = (port: number, more = '') => `[Service]
Type=notify
NotifyAccess=all
ExecStart=/usr/bin/python3 /opt/serve.py ${port} ${more}
`;

/** Units of others, as a distribution has them. */
const units: Record<string, string> = {
  'web.service': serve(21_040),
  'other.service': serve(21_040),
  'running.service': serve(21_090, '21050'),
  'running.service.d/10-mine.conf': '[Service]\nNice=1\n',
  'many@.service': serve(21_057),
  'free.service': serve(21_095),
  'wake.socket': '[Socket]\nListenStream=21060\n',
  'wake.service': '[Service]\nExecStart=/bin/true\n',
  'thief.socket': '[Socket]\nListenStream=21041\n',
  'thief.service': '[Service]\nExecStart=/bin/true\n',
  'early.service': `[Service]
Type=oneshot
ExecStart=/bin/sh -c '/usr/bin/python3 /opt/bind.py 21041 >/run/early'
`,
  'multi-user.target.d/early.conf': '[Unit]\nWants=early.service\n',
};

function layOver(folder: string): void {
  const put = (file: string, text: string) => {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  cpSync(worker, join(folder, 'opt/worker'), { recursive: true });
  for (const name of ['bind.py', 'serve.py']) cpSync(join(here, name), join(folder, 'opt', name));
  for (const [name, text] of Object.entries(units)) put(`etc/systemd/system/${name}`, text);
}

/** What the scripts said of each boot, line by line. */
function boots(...scripts: string[]): Record<string, string>[] {
  const folder = mkdtempSync(join(tmpdir(), 'boot-'));
  try {
    layOver(folder);
    return boot(
      folder,
      scripts.map((name) => join(here, name)),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(lacking)(title, () => {
  let first: Record<string, string> = {};
  let second: Record<string, string> = {};
  beforeAll(() => {
    [first = {}, second = {}] = boots('first-boot.sh', 'second-boot.sh');
  });

  test.each([
    ['a port that is for a service', 'root', refused],
    ['the same with its token', 'root with the token', 'bound'],
    ['a port that is for a user', 'user', 'bound'],
  ])('has the kernel ask for %s', (_what, key, expected) => {
    expect(first[key]).toBe(expected);
  });

  test.each([
    'web, start',
    'web, restart',
    'web, stopped and started',
    'web after daemon-reload',
    'web after daemon-reexec',
    'instance',
    'socket, start',
    'socket, restart',
  ])('starts a unit that is let in (%s)', (key) => {
    expect(first[key]).toBe('active');
  });

  test.each([
    ['another service', 'other'],
    ['another socket', 'socket of others'],
  ])('starts no %s on the port', (_what, key) => {
    expect(first[key]).toBe('failed');
  });

  test('lets a service in that ran before its reservation was settled', () => {
    expect(first['it binds one more port']).toBe('bound');
  });

  test('reserves, has systemd know it at once, and keeps the tokens from others', () => {
    expect([first.reserve, first['web reloaded'], first.reserved]).toEqual(['0', '1 no', ' 7 "state":"inForce"']);
    expect(first['tokens for others']).toBe('Permission denied');
  });

  test('leaves nothing of a reservation that could not be made', () => {
    expect(first['in use']).toBe('"name":"PortInUse" 0');
    expect(first['without systemctl']).toBe('"name":"OsError" bound 0 0 0');
  });

  test('says where the next boot would not restore it, and the next change puts that right', () => {
    expect([first['unit disabled'], first['unit again']]).toEqual(['"state":"lostAtBoot" 1', 'enabled']);
  });

  test('enforces nothing once it is switched off, and all when it is settled again', () => {
    expect([first.off, first['web while off']]).toEqual(['0 bound 0', 'active']);
    expect([first['on again'], first['web, on again']]).toEqual([`0 ${refused}`, 'active']);
  });

  test('restores it at the next boot, before anything is started that could take a port', () => {
    expect([second['boot unit'], second['boot unit before sysinit']]).toEqual(['active', '1']);
    expect([second['early service'], second.root, second.web]).toEqual([refused, refused, 'active']);
    expect(second.state).toBe('"state":"inForce"');
  });

  test('applies what another file of sysctl.d came to have since, and not what it had before', () => {
    expect([first['list unit'], second['list unit']]).toEqual(['enabled', 'inactive success']);
    expect(second['the other file']).toBe('30010');
  });

  test('starts a service whose program of ours is gone', () => {
    expect(second['a service that is let in, without the program']).toBe('active');
  });

  test('takes back what a reservation wrote with it, and all with the last one', () => {
    expect([second.removed, second['root, released']]).toEqual(['0 0 no', `${refused} ${refused}`]);
    expect([second.files, second.tokens, second.list]).toEqual(['0 0 0', '0 0', '']);
    expect([second['others of web'], second.other]).toEqual(['10-mine.conf', 'active']);
  });
});
