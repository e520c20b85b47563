import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useOwnNetwork } from '../held/support/own-network.ts';
import { lacking } from '../held/support/python.ts';
import { open, openAsNobody, port, run, statusOf } from './support/inspection.ts';

useOwnNetwork();

const missing = ['nft', 'iptables'].filter((name) => spawnSync(name, ['--version']).status !== 0);
const lacks = lacking.root || (missing.length > 0 && ` (skipped: needs ${missing.join(' and ')})`);

const nft = (...lines: string[]) => {
  execFileSync('nft', ['-f', '-'], { input: lines.map((line) => `${line}\n`).join('') });
  onTestFinished(() => void execFileSync('nft', ['flush', 'ruleset']));
};
const table = ['add table ip nat', 'add chain ip nat out { type nat hook output priority -100; }'];

/** What answers on the port of this machine. */
async function answering(which: number): Promise<string> {
  const socket = connect(which, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const [data] = await once(socket, 'data');
  return String(data);
}

async function serve(which: number, text: string): Promise<void> {
  const server = createServer((socket) => socket.end(text)).listen(which, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
}

describe.skipIf(lacks)(`NAT rules${lacks || ''}`, () => {
  test('that take a port are named, and the remedy takes the rule away and nothing else', async () => {
    // What is left of the connections keeps the port after the test.
    const own = port + 50;
    nft(
      ...table,
      `add rule ip nat out tcp dport ${own} redirect to :9999`,
      'add rule ip nat out tcp dport 81 redirect to :9999',
    );
    const status = await statusOf(await open(), own);
    expect(status).toMatchObject({ verdict: 'redirected', canBind: true });
    expect(status.explanation).toContain(
      'elsewhere before any socket sees it: a rule of nftables, ip nat out, to :9999',
    );
    await serve(9999, 'the other');
    await serve(own, 'the server');
    expect(await answering(own)).toBe('the other');
    run(status.remedy!.run!);
    expect(await answering(own)).toBe('the server');
    expect(await answering(81)).toBe('the other');
  });

  test('are passed over by those who look for a free port, who are told why', async () => {
    nft(...table, `add rule ip nat out tcp dport ${port}-${port + 1} redirect to :9999`);
    const service = await open();
    const within = { startPort: port, numberOfPorts: 3 };
    expect((await service.find({ protocol: 'tcp', within })).ranges).toMatchObject([{ startPort: port + 2 }]);
    const { reservations } = await service.create({ protocol: 'tcp', numberOfPorts: 1, within });
    expect(reservations[0]!.range.startPort).toBe(port + 2);
    const none = service.find({ protocol: 'tcp', within: { startPort: port, numberOfPorts: 1 } });
    await expect(none).rejects.toMatchObject({
      errorName: 'NoFreeRange',
      message: expect.stringContaining(`A NAT rule sends what comes to port ${port} elsewhere`),
    });
    expect((await statusOf(service)).remedy).toMatchObject({
      stops: 'the redirection of 2 ports, of which this is one',
    });
  });

  test.each([
    ['in a set', [`add rule ip nat out tcp dport { 80, ${port} } dnat to 10.0.0.1:80`], true],
    [
      'in a named set',
      [
        'add set ip nat web { type inet_service; }',
        `add element ip nat web { ${port} }`,
        'add rule ip nat out tcp dport @web redirect to :99',
      ],
      true,
    ],
    [
      'in a chain that another leads to',
      [
        'add chain ip nat in2',
        `add rule ip nat in2 tcp dport ${port} redirect to :99`,
        'add rule ip nat out fib daddr type local jump in2',
      ],
      true,
    ],
    [
      'in a map to chains, as of node ports',
      [
        'add chain ip nat np',
        'add rule ip nat np meta l4proto tcp redirect to :99',
        `add map ip nat nodeports { type inet_proto . inet_service : verdict; elements = { tcp . ${port} : goto np } }`,
        'add rule ip nat out meta l4proto . th dport vmap @nodeports',
      ],
      true,
    ],
    [
      'in a map to addresses',
      [`add rule ip nat out meta l4proto tcp dnat to tcp dport map { ${port} : 10.0.0.1 }`],
      true,
    ],
    [
      'of an address of this machine',
      [`add rule ip nat out ip daddr 127.0.0.0/8 tcp dport ${port} redirect to :99`],
      true,
    ],
    ['of another address alone', [`add rule ip nat out ip daddr 10.96.0.1 tcp dport ${port} dnat to 10.0.0.1`], false],
    ['of another protocol', [`add rule ip nat out udp dport ${port} redirect to :99`], false],
    ['of other ports', [`add rule ip nat out tcp dport != ${port} redirect to :99`], false],
    ['that only accept', [`add rule ip nat out tcp dport ${port} accept`], false],
  ])('%s are told apart', async (_, lines, takes) => {
    nft(...table, ...lines);
    expect((await statusOf(await open())).verdict).toBe(takes ? 'redirected' : 'free');
  });

  test.each(['iptables', 'iptables-legacy'])('of %s count, and the remedy takes the rule away', async (program) => {
    const rule = [
      '-p',
      'tcp',
      '-m',
      'multiport',
      '--dports',
      `80,${port}:${port + 2}`,
      '-j',
      'REDIRECT',
      '--to-ports',
      '99',
    ];
    const { status: code, stderr } = spawnSync(program, ['-t', 'nat', '-A', 'OUTPUT', ...rule], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(code).toBe(0);
    onTestFinished(() => void execFileSync(program, ['-t', 'nat', '-F']));
    const service = await open();
    const status = await statusOf(service);
    expect(status.explanation).toContain(`a rule of ${program}, chain OUTPUT, to 99`);
    run(status.remedy!.run!);
    expect(await statusOf(service)).toMatchObject({ verdict: 'free' });
  });

  test('of docker lead to the container', async () => {
    execFileSync('sh', [
      '-ec',
      `iptables -t nat -N DOCKER; iptables -t nat -A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER
      iptables -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport ${port} -j DNAT --to-destination 172.17.0.2:80`,
    ]);
    onTestFinished(() => void execFileSync('nft', ['flush', 'ruleset']));
    const status = await statusOf(await open());
    expect(status.explanation).toContain('docker publishes a port of a container there, by a rule of iptables');
    expect(status.remedy).toMatchObject({ run: `docker stop $(docker ps -q --filter publish=${port})` });
  });

  test('are not looked at by an ordinary user, who is told so where a bind alone says that a port is free', async () => {
    nft(...table, `add rule ip nat out tcp dport ${port} redirect to :9999`);
    const service = await openAsNobody();
    const within = { startPort: port, numberOfPorts: 1 };
    const { ports, warnings } = await service.inspect({ protocol: ['tcp'], ranges: [within] });
    expect(ports).toMatchObject([{ verdict: 'free' }]);
    expect(warnings).toEqual([expect.stringMatching(/^NAT rules, .* were not looked at: that takes root\.$/)]);
    expect(await service.find({ protocol: 'tcp', within })).toEqual({ ranges: [within], warnings });
    expect(await service.create({ protocol: 'tcp', numberOfPorts: 1, within })).toMatchObject({ warnings });
  });
});
