import { expect, test } from 'vitest';
import { parseControlGroup } from '../../../src/providers/proc/control-group.ts';
import { parseSocketUnits } from '../../../src/providers/proc/ends/socket-units.ts';
import { quoted } from '../../../src/providers/proc/ends/units.ts';
import { programName } from '../../../src/providers/proc/process-facts.ts';
import { parseAddress, socketRowReader } from '../../../src/providers/proc/socket-row.ts';

const id = '0123456789abcdef'.repeat(4);

test.each([
  ['0::/system.slice/nginx.service', { service: 'nginx.service' }],
  ['0::/system.slice/system-getty.slice/getty@tty1.service', { service: 'getty@tty1.service' }],
  [
    '0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service',
    { service: 'web.service', isUserService: true },
  ],
  ['0::/user.slice/user-1000.slice/user@1000.service/init.scope', {}],
  ['0::/user.slice/user-1000.slice/session-3.scope', {}],
  ['0::/', {}],
  ['', {}],
  [`0::/system.slice/docker-${id}.scope`, { container: 'docker 0123456789ab' }],
  [`12:pids:/docker/${id}\n1:name=systemd:/docker/${id}`, { container: 'docker 0123456789ab' }],
  [`0::/machine.slice/libpod-${id}.scope/container`, { container: 'podman 0123456789ab' }],
  [`0::/system.slice/web.service/libpod-payload-${id}`, { container: 'podman 0123456789ab', service: 'web.service' }],
  [`0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${id}.scope`, { container: 'crictl 0123456789ab' }],
  [
    '0::/machine.slice/systemd-nspawn@web.service/payload/system.slice/nginx.service',
    { service: 'nginx.service', machine: 'web' },
  ],
  ['0::/system.slice/foo\\x2dbar@a:b.service', { service: 'foo\\x2dbar@a:b.service' }],
  // What a user may call a group of his own, for somebody else to put into a shell.
  ['0::/user.slice/user@1000.service/a;reboot;.service', {}],
  ['0::/user.slice/user@1000.service/$(reboot).service', {}],
  ['0::/user.slice/user@1000.service/-Hhost.service', {}],
  ['0::/user.slice/user@1000.service/a\u001b[2J.service', {}],
  ['0::/system.slice/web.service/a b.service', { service: 'web.service' }],
  ['4:memory:/system.slice/ssh.service\n1:name=systemd:/system.slice/ssh.service', { service: 'ssh.service' }],
])('the control group %j is of %j', (text, membership) => {
  expect(parseControlGroup(text)).toEqual(membership);
});

test('the name of a unit is one for a shell', () => {
  expect(quoted('nginx.service')).toBe('nginx.service');
  expect(quoted('foo\\x2dbar.service')).toBe("'foo\\x2dbar.service'");
});

test.each([
  ['node', ['node', 'server.js'], '/usr/bin/node', 'node'],
  ['MainThread', ['node', 'server.js'], '/usr/bin/node', 'node'],
  ['pool-1', ['python3', '-m', 'http.server'], '/usr/bin/python3.11', 'python3'],
  ['gunicorn', ['/usr/bin/python3', '/usr/bin/gunicorn', 'app'], '/usr/bin/python3.11', 'gunicorn'],
  [
    'a-program-with-',
    ['./a-program-with-a-long-name'],
    '/opt/a-program-with-a-long-name',
    'a-program-with-a-long-name',
  ],
  ['nginx', ['nginx: master process /usr/sbin/nginx'], '/usr/sbin/nginx', 'nginx'],
  ['postgres', ['postgres'], '', 'postgres'],
])('a process whose thread is called %s, started as %j from %s, is %s', (comm, argv, executable, name) => {
  expect(programName(comm, argv, executable)).toBe(name);
});

test.each([
  ['0100007F', '127.0.0.1'],
  ['00000000', '0.0.0.0'],
  ['00000000000000000000000000000000', '::'],
  ['00000000000000000000000001000000', '::1'],
  ['0000000000000000FFFF00000100007F', '::ffff:127.0.0.1'],
  ['B80D0120000000000000000001000000', '2001:db8::1'],
])('the address %s is %s', (digits, address) => {
  expect(parseAddress(digits)).toBe(address);
});

test('a line says state, address, user and inode', () => {
  const line =
    '  12: 0100007F:52B5 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 34567 1 0000000000000000 100 0 0 10 0';
  const table = Buffer.from(`\n${line}\n`);
  expect(socketRowReader()(table, 1, 10)).toEqual({ state: 10, address: '127.0.0.1', userId: 1000, inode: 34567 });
});

test('the socket units of a port are those that listen on it in its protocol', () => {
  const text = `
/run/dbus/system_bus_socket Stream   dbus.socket   dbus.service
0.0.0.0:22                  Stream   ssh.socket    ssh.service
[::]:22                     Stream   ssh.socket    ssh.service
127.0.0.1:2222              Stream   other.socket  other.service
[::]:69                     Datagram tftp.socket   tftp.service
`;
  expect(parseSocketUnits(text, 'tcp', 22)).toEqual([{ socket: 'ssh.socket', service: 'ssh.service' }]);
  expect(parseSocketUnits(text, 'udp', 69)).toEqual([{ socket: 'tftp.socket', service: 'tftp.service' }]);
  expect(parseSocketUnits(text, 'udp', 22)).toEqual([]);
});
