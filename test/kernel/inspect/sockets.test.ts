import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { PortService } from '../../../src/service/port-service.ts';
import { ownHost } from '../../support/own-host.ts';
import { startProvider } from '../../support/provider-process.ts';
import { tryBind } from '../../support/sockets.ts';
import { useOwnNetwork } from '../held/support/own-network.ts';
import { lacking, nobody, withoutIpv6 } from '../held/support/python.ts';
import { open, openAsNobody, port, run, statusOf } from './support/inspection.ts';
import { startSituation } from './support/situation.ts';

useOwnNetwork();

const only = (startPort: number) => [{ startPort, numberOfPorts: 1 }];

describe.skipIf(lacking.root)(`the verdict${lacking.root}`, () => {
  test('free, of a port that nobody has', async () => {
    expect(await statusOf(await open())).toEqual({
      protocol: 'tcp',
      port,
      canBind: true,
      canBindIPv4: true,
      canBindIPv6: true,
      verdict: 'free',
      holders: [],
      explanation: 'Nothing has it, and a bind succeeds.',
    });
  });

  test('listening, of a server on ::1 alone, whose end by the remedy frees the port', async () => {
    const { processId, ended } = await startSituation('tcp', '::1', port);
    const service = await open();
    const status = await statusOf(service);
    expect(status).toEqual({
      protocol: 'tcp',
      port,
      canBind: false,
      canBindIPv4: true,
      canBindIPv6: false,
      serving: { all: false, ipv4: true, ipv6: false, loopbackIPv4: true, loopbackIPv6: false },
      verdict: 'listening',
      holders: [
        {
          state: 'listening',
          addresses: ['::1'],
          user: 'root',
          processId,
          processName: 'python3',
          commandLine: expect.stringMatching(/python3 .*situation\.py 0 listen tcp ::1 21173$/),
          workingDirectory: process.cwd(),
        },
      ],
      explanation: expect.stringMatching(
        new RegExp(
          `^python3 \\(process ${processId}, user root\\) listens on ::1, while 0\\.0\\.0\\.0 alone can be bound, and its other addresses are free; it was started as ".*python3 .*" in ${process.cwd()}\\.$`,
        ),
      ),
      remedy: { run: `kill ${processId}`, sentence: `Run: kill ${processId}` },
    });
    expect([await tryBind('tcp', port, '0.0.0.0'), await tryBind('tcp', port, '::')]).toEqual(['bound', 'EADDRINUSE']);
    run(status.remedy!.run!);
    await ended;
    expect(await statusOf(service)).toMatchObject({ verdict: 'free', canBind: true });
  });

  test('listening, of a process whose name would steer a terminal, which is told as marks', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'names-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const program = join(folder, 'a\nb\u001b[2J\u202e');
    symlinkSync(
      execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim(),
      program,
    );
    const script = `
import socket, sys
listener = socket.create_server(("127.0.0.1", ${port}))
print("listens", flush=True)
sys.stdin.read()`;
    const child = spawn(program, ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill());
    await once(child.stdout, 'data');
    const { explanation, holders } = await statusOf(await open());
    expect(holders).toMatchObject([{ processName: 'a b\ufffd[2J\ufffd' }]);
    expect(explanation).toMatch(/^a b\ufffd\[2J\ufffd \(process/);
  });

  test('listening, of a server on IPv4 alone', async () => {
    await startSituation('tcp', '127.0.0.1', port);
    const status = await statusOf(await open());
    expect(status).toMatchObject({ verdict: 'listening', canBind: false, canBindIPv4: false, canBindIPv6: true });
    expect(status.explanation).toMatch(
      /listens on 127\.0\.0\.1, while :: alone can be bound, and its other addresses are free; it was /,
    );
  });

  test('listening in udp and free in tcp, of a socket that is bound in udp', async () => {
    const { processId } = await startSituation('udp', '0.0.0.0', port);
    const { ports } = await (await open()).inspect({ protocol: ['udp', 'tcp'], ranges: only(port) });
    expect(ports.map(({ protocol, verdict }) => [protocol, verdict])).toEqual([
      ['udp', 'listening'],
      ['tcp', 'free'],
    ]);
    expect(ports[0]!.explanation).toMatch(new RegExp(`^python3 \\(process ${processId}, user root\\) receives on 0`));
  });

  test('boundNotListening, of a socket that is bound and does not listen, whose end by the remedy frees the port', async () => {
    const { processId, ended } = await startSituation('tcp', '::', port, { manner: 'bind' });
    const status = await statusOf(await open());
    expect(status).toMatchObject({
      canBind: false,
      serving: { all: false, ipv4: false, ipv6: false, loopbackIPv4: false, loopbackIPv6: false },
      verdict: 'boundNotListening',
      holders: [{ state: 'bound', processId }],
      remedy: { run: `kill ${processId}` },
    });
    expect(status.explanation).toMatch(/^python3 \(process \d+, user root\) has bound it and does not listen; it was /);
    run(status.remedy!.run!);
    await ended;
    expect(await statusOf(await open())).toMatchObject({ verdict: 'free', canBind: true });
  });

  test('boundNotListening, of the local port of a connection, and of one that closes', async () => {
    // Closing connections keep the port after the test.
    const clientPort = port + 100;
    const server = createServer();
    const accepted: Socket[] = [];
    server.on('connection', (socket) => accepted.push(socket)).listen(clientPort + 1, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const client = createConnection({
      port: clientPort + 1,
      host: '127.0.0.1',
      localAddress: '127.0.0.1',
      localPort: clientPort,
    });
    await once(client, 'connect');
    const service = await open();
    const status = await statusOf(service, clientPort);
    expect(status).toMatchObject({
      verdict: 'boundNotListening',
      holders: [{ state: 'connected', processId: process.pid, addresses: ['127.0.0.1'] }],
    });
    expect(status.explanation).toMatch(
      / has it as the local port of a connection, while :: alone can be bound; .*; this session itself has it\.$/,
    );
    expect(status).not.toHaveProperty('remedy');

    client.end();
    await once(client.resume(), 'end');
    await once(client, 'close');
    const closing = await statusOf(service, clientPort);
    expect(closing).toMatchObject({ verdict: 'boundNotListening', holders: [{ state: 'timeWait' }] });
    expect(closing.explanation).toMatch(
      /^Only closing connections have it, for about a minute, while :: alone can be bound; a server /,
    );
    expect(closing).not.toHaveProperty('remedy');
  });

  test("listening, of another user's process, with its name for root and without for others", async () => {
    const { processId } = await startSituation('tcp', '0.0.0.0', port, { user: nobody });
    expect((await statusOf(await open())).holders).toMatchObject([
      { user: 'nobody', processId, processName: 'python3' },
    ]);

    await startSituation('tcp', '0.0.0.0', port + 1);
    const status = await statusOf(await openAsNobody(), port + 1);
    expect(status).toMatchObject({
      canBind: false,
      verdict: 'listening',
      holders: [{ state: 'listening', addresses: ['0.0.0.0'], user: 'root', unseen: 'noRights' }],
      explanation:
        'A process of user root that this user may not look at listens on 0.0.0.0, while :: alone can be bound.',
      remedy: { run: `sudo ss -tanp 'sport = :${port + 1}'` },
    });
    expect(status.holders[0]).not.toHaveProperty('processId');
  });

  test('listening, on a kernel without IPv6, of which nothing is said', async () => {
    await startSituation('tcp', '127.0.0.1', port);
    const { provider } = await startProvider(withoutIpv6, { provider: 'ledger' });
    const status = await statusOf(new PortService(provider, await openLedger(ownHost())));
    expect(status).toMatchObject({ verdict: 'listening', canBind: false, canBindIPv4: false });
    expect(status).not.toHaveProperty('canBindIPv6');
    expect(status.explanation).toMatch(/listens on 127\.0\.0\.1, and its other addresses are free; it was /);
  });

  test('free, of a port that is taken in another network namespace', async () => {
    const { processId } = await startSituation('tcp', '0.0.0.0', port, { prefix: ['unshare', '-n'] });
    expect(await statusOf(await open())).toMatchObject({ verdict: 'free', canBind: true, holders: [] });
    expect(execFileSync('nsenter', ['-t', `${processId}`, '-n', 'ss', '-tln'], { encoding: 'utf8' })).toContain(
      `:${port}`,
    );
  });
});

test('ports come ascending and once, by protocol as asked for', async () => {
  const service = await open();
  const { ports } = await service.inspect({
    protocol: ['udp', 'tcp'],
    ranges: [{ startPort: 21_005, numberOfPorts: 2 }, ...only(21_006), ...only(21_001)],
  });
  expect(ports.map((one) => `${one.protocol} ${one.port}`)).toEqual(
    [21_001, 21_005, 21_006].flatMap((one) => [`udp ${one}`, `tcp ${one}`]),
  );
  const wrong = service.inspect({ protocol: ['tcp'], ranges: [{ startPort: 65_535, numberOfPorts: 2 }] });
  await expect(wrong).rejects.toMatchObject({ errors: [{ field: 'ranges.0.numberOfPorts' }] });
});
