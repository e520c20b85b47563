import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useOwnNetwork } from '../held/support/own-network.ts';
import { lacking } from '../held/support/python.ts';
import { open, openAsNobody, port, run, statusOf } from './support/inspection.ts';
import { controlGroup, gone, idle, listens, lives, python } from './support/programs.ts';

useOwnNetwork();

describe.skipIf(lacking.root)(`who has a port, and what frees it${lacking.root}`, () => {
  test('a connection that its other end closed is its program’s, whose end frees the port', async () => {
    const child = await python(`${listens}
c = socket.create_connection(("127.0.0.1", ${port})); s, _ = l.accept(); c.close(); l.close()
print("ready"); ${idle}`);
    const service = await open();
    const status = await statusOf(service);
    expect(status).toMatchObject({
      verdict: 'boundNotListening',
      holders: [{ state: 'closeWait', processId: child.pid }, ...(status.holders.slice(1) as object[])],
      remedy: { run: `kill ${child.pid}` },
    });
    expect(status.explanation).toContain(
      'has a connection on it that its other end closed, and keeps it until it ends',
    );
    run(status.remedy!.run!);
    await once(child, 'exit');
    expect((await statusOf(service)).holders.filter(({ processId }) => processId)).toEqual([]);
  });

  test('a server whose workers are started again is ended from its first process on', async () => {
    const script = `import socket, os, signal
l = socket.socket(); l.bind(("127.0.0.1", ${port})); l.listen()
def work():
    child = os.fork()
    if child == 0:
        signal.pause()
        os._exit(0)
    return child
first = work()
print(first)
while True:
    os.wait()
    work()`;
    const child = await python(script);
    const worker = Number(child.said);
    const status = await statusOf(await open());
    expect(status.remedy).toMatchObject({ run: `kill ${child.pid} ${worker}` });
    run(status.remedy!.run!);
    await Promise.all([once(child, 'exit'), gone(worker)]);
    expect(await statusOf(await open())).toMatchObject({ verdict: 'free' });
  });

  test('a worker that opened its socket itself is ended with the copy of it that would start it again', async () => {
    const script = `import socket, os, signal
def work():
    child = os.fork()
    if child == 0:
        l = socket.socket(); l.setsockopt(1, 15, 1); l.bind(("127.0.0.1", ${port})); l.listen()
        print(os.getpid()); signal.pause()
work()
while True:
    os.wait()
    work()`;
    const child = await python(script);
    const status = await statusOf(await open());
    expect(status.remedy).toMatchObject({ run: `kill ${child.pid} ${child.said}` });
    run(status.remedy!.run!);
    await Promise.all([once(child, 'exit'), gone(Number(child.said))]);
    expect(await statusOf(await open())).toMatchObject({ verdict: 'free' });
  });

  test('a process whose main thread has ended is found by its other threads', async () => {
    const script = `import ctypes, threading, socket, signal, time, sys
l = socket.socket(); l.bind(("127.0.0.1", ${port})); l.listen()
def go():
    time.sleep(0.1); print("ready"); time.sleep(600)
threading.Thread(target=go).start()
ctypes.CDLL(None).syscall(60, 0)`;
    const child = await python(script);
    const status = await statusOf(await open());
    expect(status).toMatchObject({ holders: [{ processId: child.pid }], remedy: { run: `kill ${child.pid}` } });
    const { maps } = await (await open()).map({ protocol: 'tcp' });
    expect(maps[0]!.segments.find(({ range }) => range.startPort === port)).toMatchObject({
      holders: [{ processId: child.pid }],
    });
    run(status.remedy!.run!);
    await once(child, 'exit');
    expect(await statusOf(await open())).toMatchObject({ verdict: 'free' });
  });

  test('of a port of the kernel, no process is named and nothing is to be run', async () => {
    execFileSync('ip', ['link', 'add', 'vx0', 'type', 'vxlan', 'id', '42', 'dev', 'lo', 'dstport', '4789']);
    onTestFinished(() => void execFileSync('ip', ['link', 'del', 'vx0']));
    execFileSync('ip', ['link', 'set', 'vx0', 'up']);
    const status = await statusOf(await open(), 4789, 'udp');
    expect(status.holders).toMatchObject([{ state: 'listening', unseen: 'kernel' }]);
    expect(status.explanation).toMatch(
      /^No process but the kernel itself receives on .*, for the interface vx0 \(vxlan\)\.$/,
    );
    expect(status).not.toHaveProperty('remedy');
    expect((await statusOf(await openAsNobody(), 4789, 'udp')).holders).toMatchObject([
      { unseen: 'kernel', kernelUse: 'the interface vx0 (vxlan)' },
    ]);
  });

  test('a stray job in the unit of another program is ended, and the unit is left alone', async () => {
    const group = controlGroup('/system.slice/port-reservation-cron.service');
    const daemon = await python(`open("${group}/cgroup.procs", "w").write("0"); print("ready"); ${idle}`);
    const job = await python(`open("${group}/cgroup.procs", "w").write("0")\n${listens}print("ready"); ${idle}`);
    const status = await statusOf(await open());
    expect(status.holders).toMatchObject([{ processId: job.pid, service: 'port-reservation-cron.service' }]);
    expect(status.remedy).toMatchObject({ run: `kill ${job.pid}` });
    run(status.remedy!.run!);
    await once(job, 'exit');
    expect(await statusOf(await open())).toMatchObject({ verdict: 'free' });
    expect(lives(daemon.pid)).toBe(true);
  });

  test.each([
    ['a service that is its unit', '', 'systemctl stop port-reservation-web.service', undefined],
    [
      'a service with helpers',
      'os.fork() or os.execlp("sleep", "sleep", "600")\n',
      'systemctl stop port-reservation-web.service',
      'what else runs in port-reservation-web.service: sleep',
    ],
  ])('%s is stopped by it', async (_, more, command, stops) => {
    const group = controlGroup('/system.slice/port-reservation-web.service');
    // As its service manager starts it: a child of the first process, which is called so.
    const manager = `import os, ctypes, signal
ctypes.CDLL(None).prctl(15, b"systemd", 0, 0, 0)
if os.fork() == 0:
    ctypes.CDLL(None).prctl(15, b"web", 0, 0, 0)
    open("${group}/cgroup.procs", "w").write("0")
    ${listens.replaceAll('\n', '\n    ')}
    ${more.trim().replaceAll('\n', '\n    ')}
    import time; time.sleep(0.2)
    print("ready"); signal.pause()
${idle}`;
    const child = await python(manager);
    const status = await statusOf(await open());
    expect(status.remedy).toMatchObject({ run: command });
    expect(status.remedy!.stops).toBe(stops);
    expect(lives(child.pid)).toBe(true);
  });

  test.each([
    ['a container', `/docker/${'0123456789abcdef'.repeat(4)}`, 'web', 'docker stop 0123456789ab'],
    [
      'a container of podman',
      `/machine.slice/libpod-${'0123456789abcdef'.repeat(4)}.scope`,
      'web',
      'podman stop 0123456789ab',
    ],
    [
      'a service of a machine',
      '/machine.slice/systemd-nspawn@web.service/payload/system.slice/nginx.service',
      'nginx',
      'systemctl -M web stop nginx.service',
    ],
    [
      'a port that docker publishes',
      '/system.slice/docker.service',
      'docker-proxy',
      `docker stop $(docker ps -q --filter publish=${port})`,
    ],
    [
      'a pod, which is started again',
      `/kubepods.slice/cri-containerd-${'0123456789abcdef'.repeat(4)}.scope`,
      'web',
      undefined,
    ],
    ['the manager of a session', '/system.slice/gdm.service', 'gdm-session-wor', undefined],
    ['what a session lives by', '/user.slice/session-3.scope', 'gnome-shell', undefined],
  ])('%s is ended as it has to be, or not at all', async (_, path, name, command) => {
    const group = controlGroup(path);
    await python(`import ctypes
open("${group}/cgroup.procs", "w").write("0")
ctypes.CDLL(None).prctl(15, b"${name}", 0, 0, 0)
${listens}print("ready"); ${idle}`);
    expect((await statusOf(await open())).remedy?.run).toBe(command);
  });

  test('a port that podman publishes is its container’s, which its monitor names', async () => {
    const id = '0123456789abcdef'.repeat(4);
    const script = `import ctypes
ctypes.CDLL(None).prctl(15, b"conmon", 0, 0, 0)
${listens}print("ready"); ${idle}`;
    await python(script, ['--api-version', '1', '-c', id]);
    const status = await statusOf(await open());
    expect(status.remedy).toMatchObject({ run: 'podman stop 0123456789ab' });
    expect(status.explanation).toMatch(/; podman publishes a port of a container there\.$/);
  });

  test.each(['rootlessport', 'slirp4netns', 'pasta'])('%s is not ended: it relays other ports, too', async (name) => {
    await python(`import ctypes
ctypes.CDLL(None).prctl(15, b"${name}", 0, 0, 0)
${listens}print("ready"); ${idle}`);
    const status = await statusOf(await open());
    expect(status).not.toHaveProperty('remedy');
    expect(status.explanation).toContain('podman ps or docker ps names it');
  });

  test('what shares a container with the holder is said to stop with it', async () => {
    const group = controlGroup(`/docker/${'fedcba9876543210'.repeat(4)}`);
    await python(`open("${group}/cgroup.procs", "w").write("0"); print("ready"); ${idle}`);
    await python(`open("${group}/cgroup.procs", "w").write("0")\n${listens}print("ready"); ${idle}`);
    expect((await statusOf(await open())).remedy).toMatchObject({
      run: 'docker stop fedcba987654',
      stops: 'the other processes of the container (1)',
    });
  });

  test('the kernel’s port in a process namespace may be of a process outside', async () => {
    await python(`${listens}print("ready"); ${idle}`);
    const script = `import { openService } from ${JSON.stringify(new URL('../../../dist/lib/index.js', import.meta.url).href)};
const service = await openService({ provider: 'ledger' });
const { ports } = await service.inspect({ protocol: ['tcp'], ranges: [{ startPort: ${port}, numberOfPorts: 1 }] });
console.log(JSON.stringify(ports[0]));`;
    const words = ['-pf', '--mount-proc', process.execPath, '--input-type=module', '-e', script];
    const status = JSON.parse(execFileSync('unshare', words, { encoding: 'utf8' }));
    expect(status.holders).toMatchObject([{ state: 'listening', unseen: 'outside' }]);
    expect(status.explanation).toMatch(
      /^No process of this container, but the kernel or a process outside, listens on/,
    );
    expect(status).not.toHaveProperty('remedy');
  });

  test('a listener on one address leaves the others free, which a server may have', async () => {
    await python(`${listens}print("ready"); ${idle}`);
    const status = await statusOf(await open());
    expect(status.serving).toEqual({ all: false, ipv4: false, ipv6: true, loopbackIPv4: false, loopbackIPv6: true });
    expect(status.explanation).toContain('and its other addresses are free');
  });

  test('systemd’s own listening is a socket unit’s, and it is never ended', async () => {
    await python(`import ctypes; ctypes.CDLL(None).prctl(15, b"systemd", 0, 0, 0)\n${listens}print("ready"); ${idle}`);
    const status = await statusOf(await open());
    expect(status).not.toHaveProperty('remedy');
    expect(status.explanation).toContain(
      'systemd listens there for a socket unit: `systemctl --user list-sockets` names it',
    );
  });

  test('what this session lives by is never ended', async () => {
    const { createServer } = await import('node:net');
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const status = await statusOf(await open());
    expect(status).not.toHaveProperty('remedy');
    expect(status.explanation).toMatch(/; this session itself has it\.$/);
  });

  test('a shared UDP port is shared, and nobody is to be ended for it', async () => {
    const share = `import socket
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.setsockopt(1, 2, 1); u.setsockopt(1, 15, 1)
u.bind(("0.0.0.0", 5353)); print("ready")
`;
    await python(`${share}${idle}`);
    const status = await statusOf(await open(), 5353, 'udp');
    expect(status).toMatchObject({ verdict: 'listening', canBind: false, serving: { all: false, shared: true } });
    expect(status).not.toHaveProperty('remedy');
    expect((await python(share)).said).toBe('ready');
  });

  test('a connection that was given a port of the dynamic range is named so, with what keeps others from it', async () => {
    const own = 40_123;
    await python(`import socket
l = socket.socket(); l.bind(("127.0.0.1", 9)); l.listen()
c = socket.socket(); c.bind(("127.0.0.1", ${own})); c.connect(("127.0.0.1", 9)); print("ready"); ${idle}`);
    const status = await statusOf(await open(undefined, 'linux'), own);
    expect(status.explanation).toContain(`because ${own} lies in 32768-60999, which the system hands out by itself`);
    expect(status.prevention).toMatchObject({ action: 'exclude', range: { startPort: own, numberOfPorts: 1 } });
  });
});
