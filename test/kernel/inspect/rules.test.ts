import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { only } from '../../support/only.ts';
import { ownHost } from '../../support/own-host.ts';
import { tryBind } from '../../support/sockets.ts';
import { useOwnNetwork } from '../held/support/own-network.ts';
import { lacking, startTaker } from '../held/support/python.ts';
import { open, openAsNobody, port, run, statusOf } from './support/inspection.ts';

useOwnNetwork();

describe.skipIf(lacking.root)(`the verdict${lacking.root}`, () => {
  test('excludedByAdministrator, of an entry in ip_local_reserved_ports', async () => {
    writeFileSync('/proc/sys/net/ipv4/ip_local_reserved_ports', `${port - 3}-${port + 6}`);
    onTestFinished(() => writeFileSync('/proc/sys/net/ipv4/ip_local_reserved_ports', '\n'));
    const service = await open(ownHost(), 'linux');
    expect(await statusOf(service)).toMatchObject({
      canBind: true,
      verdict: 'excludedByAdministrator',
      exclusion: {
        range: { startPort: port - 3, numberOfPorts: 10 },
        source: 'net.ipv4.ip_local_reserved_ports',
        administered: true,
      },
      explanation: `${port - 3}-${port + 6} is excluded by net.ipv4.ip_local_reserved_ports: the system does not hand it out by itself, and a program that names it gets it.`,
    });
    expect(await tryBind('tcp', port, '::')).toBe('bound');
  });

  test.each(['tcp', 'udp'] as const)('reserved, of a %s reservation of another worker', async (protocol) => {
    const host = ownHost();
    const [service, other] = [await open(host), await open(host)];
    const params = { startPort: port - 1, numberOfPorts: 3, name: 'web', reason: 'the front end' };
    const reservation = only(await other.create({ protocol, ...params }));
    const status = await statusOf(service, port, protocol);
    const { user } = reservation.owner!;
    expect(status).toMatchObject({
      canBind: false,
      verdict: 'reserved',
      reservation,
      explanation: `It is held by the runtime reservation ${protocol} ${port - 1}-${port + 1} "web" of ${user} (process ${process.pid}), for "the front end", which lets in sockets of its user alone that set SO_REUSEPORT: the program it is for must set that before bind, or be started with a hold of yield.`,
    });
    // It would be this process itself.
    expect(status).not.toHaveProperty('remedy');
    const own = await statusOf(other, port, protocol);
    expect(own.remedy).toEqual({
      action: 'release',
      protocol,
      range: { startPort: port - 1, numberOfPorts: 3 },
      sentence: `Release the reservation ${protocol} ${port - 1}-${port + 1}.`,
    });
  });

  test('reserved, of a persistent one that stops nobody who names the port', async () => {
    const service = await open();
    await service.create({ protocol: 'tcp', startPort: port, lifetime: 'persistent' });
    const status = await statusOf(service);
    expect(status).toMatchObject({ canBind: true, verdict: 'reserved' });
    expect(status.explanation).toMatch(/, which does not stop a program that names the port\.$/);
  });

  test('listening, of a program that took over a port of a reservation', async () => {
    const service = await open();
    const reservation = only(await service.create({ protocol: 'tcp', startPort: port, name: 'web' }));
    await startTaker('tcp', '127.0.0.1', port);
    const status = await statusOf(service);
    expect(status).toMatchObject({
      verdict: 'listening',
      reservation,
      holders: [{ processName: 'python3' }, { state: 'bound' }],
    });
    expect(status.explanation).toMatch(/ listens on 127\.0\.0\.1, inside the runtime reservation tcp 21173 "web" of /);
  });

  test('privileged, of a low port for an ordinary user, until the remedy was run', async () => {
    const service = await openAsNobody();
    const status = await statusOf(service, 80);
    expect(status).toEqual({
      protocol: 'tcp',
      port: 80,
      canBind: false,
      canBindIPv4: false,
      canBindIPv6: false,
      serving: { all: false, ipv4: false, ipv6: false, loopbackIPv4: false, loopbackIPv6: false },
      verdict: 'privileged',
      holders: [],
      explanation: 'Port 80 is privileged, and this user has no right to bind it.',
      remedy: {
        run: 'sudo setcap cap_net_bind_service=+ep "$(readlink -f "$(command -v PROGRAM)")"',
        sentence: expect.any(String),
      },
    });
    const [program, unit, everybody] = status.remedy!.sentence.split('; ');
    expect(program).toContain(status.remedy!.run);
    expect(unit).toMatch(/in its \[Service\]: AmbientCapabilities=CAP_NET_BIND_SERVICE$/);
    run(/sudo (sysctl .*)$/.exec(everybody!)![1]!);
    expect(await statusOf(service, 80)).toMatchObject({ canBind: true, verdict: 'free' });
  });

  test('privileged, until the one program has the right, which no other gets', async () => {
    run('sysctl -qw net.ipv4.ip_unprivileged_port_start=1024');
    const folder = mkdtempSync(join(tmpdir(), 'port-reservation-right-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    chmodSync(folder, 0o755);
    const perl = join(folder, 'server');
    copyFileSync('/usr/bin/perl', perl);
    const bind =
      'socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(80, INADDR_LOOPBACK)) or die $!; print "bound\\n"';
    const asNobody = (program: string) =>
      spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', program, '-MSocket', '-e', bind], {
        encoding: 'utf8',
        cwd: '/',
      });
    expect(asNobody(perl).stderr).toContain('Permission denied');
    const { remedy } = await statusOf(await openAsNobody(), 80);
    run(remedy!.run!.replace('sudo ', '').replace('PROGRAM', perl));
    expect(asNobody(perl).stdout).toBe('bound\n');
    expect(asNobody('/usr/bin/perl').stderr).toContain('Permission denied');
  });

  test('inDynamicRange, of a free port that the system may hand out', async () => {
    run('sysctl -qw net.ipv4.ip_local_port_range="40000 40999"');
    const status = await statusOf(await open(), 40_999);
    expect(status).toMatchObject({ canBind: true, verdict: 'inDynamicRange' });
    expect(status.explanation).toContain('lies in 40000-40999, which the system hands out by itself');
    expect(status.remedy).toMatchObject({ action: 'reserve', range: { startPort: 40_999, numberOfPorts: 1 } });
  });
});
