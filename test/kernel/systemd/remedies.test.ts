import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { boot, noSystemd } from '../../support/boot.ts';
import { ownFolder } from '../../support/own-folder.ts';

const here = import.meta.dirname;
const worker = join(here, '../../../dist/PortReservation/worker');

const lacking = noSystemd ?? (spawnSync('python3', ['--version']).status === 0 ? undefined : 'needs python3');
const title = `the remedy of a port, where systemd runs${lacking ? ` (skipped: ${lacking})` : ''}`;

const serve = (port: number) => `[Service]
Type=notify
NotifyAccess=all
Restart=always
RestartSec=0
ExecStart=/usr/bin/python3 /opt/serve.py ${port}
`;

const units: Record<string, string> = {
  'web.service': serve(21_040),
  'wrapped.service': serve(21_041).replace(/ExecStart=(.*)/, "ExecStart=/bin/sh -c '$1; true'"),
  'many@.service': serve(21_042),
  'alone.socket': '[Socket]\nListenStream=21043\n',
  'alone.service': '[Service]\nExecStart=/bin/true\n',
  'datagrams.socket': '[Socket]\nListenDatagram=21044\n',
  'datagrams.service': '[Service]\nExecStart=/bin/true\n',
  'both.socket': '[Socket]\nListenStream=21045\n',
  'both.service':
    '[Unit]\nRequires=both.socket\n[Service]\nExecStart=/usr/bin/python3 -c "import signal; signal.pause()"\n',
  'daemon.service': '[Service]\nType=notify\nNotifyAccess=all\nExecStart=/usr/bin/python3 /opt/daemon.py\n',
};

/** As cron has its jobs. */
const daemon = `import os, signal, socket
if os.fork() == 0:
    open("/run/job", "w").write(str(os.getpid()))
    os.execv("/usr/bin/python3", ["python3", "/opt/serve.py", "21046"])
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True: signal.pause()
`;

function layOver(folder: string): string {
  for (const part of ['opt', 'etc/systemd/system']) mkdirSync(join(folder, part), { recursive: true });
  cpSync(worker, join(folder, 'opt/worker'), { recursive: true });
  for (const name of ['bind.py', 'serve.py']) cpSync(join(here, name), join(folder, 'opt', name));
  writeFileSync(join(folder, 'opt/daemon.py'), daemon);
  for (const [name, text] of Object.entries(units)) writeFileSync(join(folder, 'etc/systemd/system', name), text);
  return folder;
}

describe.skipIf(lacking)(title, () => {
  const folder = ownFolder();
  let said: Record<string, string> = {};
  beforeAll(() => {
    [said = {}] = boot(layOver(folder), [join(here, 'remedies.sh')]);
  });

  test('is asked for where all of them run', () => {
    expect(said.before).toBe('active');
  });

  test.each([
    ['a service', 'systemctl stop web.service'],
    ['a service behind a shell', 'systemctl stop wrapped.service'],
    ['an instance', 'systemctl stop many@7.service'],
    ['a socket unit', 'systemctl stop alone.socket'],
    ['a socket unit of datagrams', 'systemctl stop datagrams.socket'],
    ['a socket unit and its service', 'systemctl stop both.socket both.service'],
    ['a job of a daemon', 'kill JOB'],
  ])('is for %s: %s', (kind, command) => {
    expect(said[kind]).toBe(command);
    expect(said[`${kind}, stops`]).toBe('');
  });

  test.each([
    ['a service', 'web.service', 'inactive'],
    ['a service', 'wrapped.service', 'active'],
    ['a service behind a shell', 'wrapped.service', 'inactive'],
    ['an instance', 'many@7.service', 'inactive'],
    ['a socket unit', 'alone.socket', 'inactive'],
    ['a socket unit of datagrams', 'datagrams.socket', 'inactive'],
    ['a socket unit and its service', 'both.socket', 'inactive'],
    ['a socket unit and its service', 'both.service', 'inactive'],
    ['a job of a daemon', 'daemon.service', 'active'],
  ])('frees the port of %s, and leaves %s %s', (kind, unit, state) => {
    expect(said[`${kind}, ${unit}`]).toBe(state);
  });
});
