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

interface Reserved {
  port: number;
  token: string;
  allow?: object;
}

/** What the machine has recorded. */
const reserved: Reserved[] = [
  { port: 21_040, token: '77', allow: { service: 'web.service' } },
  { port: 21_041, token: '78' },
  { port: 21_050, token: '79', allow: { service: 'running.service' } },
  { port: 21_057, token: '80', allow: { service: 'many@.service' } },
  { port: 21_060, token: '81', allow: { service: 'wake.socket' } },
  { port: 21_070, token: '82', allow: { userId: 65_534 } },
  { port: 21_080, token: '83', allow: { service: 'free.service' } },
];

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
  const range = (port: number) => ({ startPort: port, numberOfPorts: 1 });
  const record = { protocol: 'tcp', lifetime: 'persistent', enforcement: 'kernel', provider: 'linux' };
  const ledger = reserved.map(({ port, allow }) => ({
    ...record,
    ...(allow && { allow }),
    range: range(port),
    owner: { user: 'root' },
    createdAt: '2026-01-01T00:00:00.000Z',
  }));
  const tokens = reserved.map(({ port, token }) => ({ protocol: 'tcp', range: range(port), token }));
  put('var/lib/port-reservation/ledger.json', JSON.stringify({ version: 1, reservations: ledger }));
  put('var/lib/port-reservation/tokens.json', JSON.stringify({ version: 1, reservations: tokens }));
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

  test('settles in silence, and keeps the tokens from others', () => {
    expect([first.settle, first['tokens for others']]).toEqual(['0', 'Permission denied']);
  });

  test('enforces nothing once it is switched off, and all when it is settled again', () => {
    expect([first.off, first['web while off']]).toEqual(['0 bound 0', 'active']);
    expect([first['on again'], first['web, on again']]).toEqual([`0 ${refused}`, 'active']);
  });

  test('restores it at the next boot, before anything is started that could take a port', () => {
    expect([second['boot unit'], second['boot unit before sysinit']]).toEqual(['active', '1']);
    expect([second['early service'], second.root, second.web]).toEqual([refused, refused, 'active']);
  });

  test('starts a service whose program of ours is gone', () => {
    expect(second['a service that is let in, without the program']).toBe('active');
  });

  test('forgets all of it with the last reservation, and leaves what others wrote', () => {
    expect([second['settle with nothing'], second.files, second.tokens]).toEqual(['0', '0 0 0', '0']);
    expect([second['others of web'], second.reloaded]).toEqual(['10-mine.conf', '0 no']);
    expect([second['root, released'], second.other]).toEqual(['bound', 'active']);
  });
});
