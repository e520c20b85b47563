import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { boot, noSystemd } from '../../support/boot.ts';
import { ownFolder } from '../../support/own-folder.ts';

const here = import.meta.dirname;
const worker = join(here, '../../../dist/PortReservation/worker');

const missing = ['python3', 'podman'].find((name) => spawnSync(name, ['--version']).status !== 0);
const lacking = noSystemd ?? (missing && `needs ${missing}`);
const title = `the remedy of a port, where systemd runs${lacking ? ` (skipped: ${lacking})` : ''}`;

const serve = (port: number) => `[Service]
Type=notify
NotifyAccess=all
Restart=always
RestartSec=0
ExecStart=/usr/bin/python3 /opt/serve.py ${port}
`;

/** The machine's own programs are the image. */
const folders = ['usr', 'lib', 'lib64', 'bin'].map((name) => `-v /${name}:/${name}:ro`).join(' ');
const inContainer = (port: number) =>
  `--network host --privileged --pids-limit 0 --log-driver none ${folders} -v /opt:/opt:ro --rootfs /opt/root /usr/bin/python3 /opt/contained.py ${port}`;

const contained = `import signal, socket, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
server = socket.create_server(("0.0.0.0", int(sys.argv[1])))
while True: signal.pause()
`;

/** What podman keeps, in this view of the machine alone. */
const configuration: Record<string, string> = {
  'etc/containers/storage.conf':
    '[storage]\ndriver = "vfs"\nrunroot = "/run/containers"\ngraphroot = "/tmp/containers"\n',
  'etc/containers/containers.conf': '[engine]\ncgroup_manager = "cgroupfs"\n',
};

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
  'contained.service': `[Service]
Type=notify
NotifyAccess=all
Restart=always
RestartSec=0
ExecStart=/usr/bin/podman run --rm --replace --name unit --cgroups=split --sdnotify=conmon ${inContainer(21_048)}
ExecStop=/usr/bin/podman stop --ignore unit
`,
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
  writeFileSync(join(folder, 'opt/contained.py'), contained);
  writeFileSync(join(folder, 'opt/run-container'), `podman run -d --name web ${inContainer(21_047)}\n`);
  for (const name of ['usr', 'lib', 'lib64', 'bin', 'opt', 'etc', 'proc', 'sys', 'dev', 'tmp', 'run', 'var']) {
    mkdirSync(join(folder, 'opt/root', name), { recursive: true });
  }
  mkdirSync(join(folder, 'etc/containers'));
  for (const [file, text] of Object.entries(configuration)) writeFileSync(join(folder, file), text);
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
    ['a container', 'podman stop CONTAINER'],
    ['a container that a unit runs', 'systemctl stop contained.service'],
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
    ['a container that a unit runs', 'contained.service', 'inactive'],
  ])('frees the port of %s, and leaves %s %s', (kind, unit, state) => {
    expect(said[`${kind}, ${unit}`]).toBe(state);
  });
});
