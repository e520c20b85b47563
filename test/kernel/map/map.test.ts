import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ProtocolMap } from '../../../src/protocol/generated/contract.ts';
import { ProtocolMap as PortMapOfContract } from '../../../src/protocol/generated/validators/answers.js';
import { endPort, holdsPort } from '../../../src/protocol/ranges.ts';
import { only } from '../../support/only.ts';
import { ownHost } from '../../support/own-host.ts';
import { useOwnNetwork } from '../held/support/own-network.ts';
import { lacking, startTaker } from '../held/support/python.ts';
import { open, openAsNobody, port } from '../inspect/support/inspection.ts';
import { startSituation } from '../inspect/support/situation.ts';

useOwnNetwork();

const at = ({ segments }: ProtocolMap, which: number) => segments.find(({ range }) => holdsPort(range, which))!;

async function onePair(): Promise<{ server: number; client: number }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[peer]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
  const ports = { server: client.remotePort!, client: client.localPort! };
  server.close();
  onTestFinished(() => {
    client.destroy();
    peer.destroy();
  });
  return ports;
}

describe.skipIf(lacking.root)(`the map of this network${lacking.root}`, () => {
  test('of an empty one has the zones alone', async () => {
    execFileSync('sysctl', ['-qw', 'net.ipv4.ip_local_port_range=40000 40999']);
    execFileSync('sysctl', ['-qw', 'net.ipv4.ip_unprivileged_port_start=1000']);
    const map = only(await (await open()).map({ protocol: 'tcp' }));
    expect(map).toEqual({
      protocol: 'tcp',
      dynamicRange: { startPort: 40_000, numberOfPorts: 1000 },
      firstUnprivilegedPort: 1000,
      segments: [
        { range: { startPort: 1, numberOfPorts: 999 }, kind: 'privileged' },
        { range: { startPort: 1000, numberOfPorts: 39_000 }, kind: 'free' },
        { range: { startPort: 40_000, numberOfPorts: 1000 }, kind: 'inDynamicRange' },
        { range: { startPort: 41_000, numberOfPorts: 24_536 }, kind: 'free' },
      ],
      counts: { ...map.counts, privileged: 999, inDynamicRange: 1000, free: 63_536 },
    });
    execFileSync('sysctl', ['-qw', 'net.ipv4.ip_unprivileged_port_start=0']);
    expect(only(await (await open()).map({ protocol: 'tcp' }))).not.toHaveProperty('firstUnprivilegedPort');
  });

  test.each(['tcp', 'udp'] as const)('shows a %s listener with its process, on ::1 alone too', async (protocol) => {
    const { processId } = await startSituation(protocol, '::1', port);
    const service = await open();
    const map = only(await service.map({ protocol }));
    expect(at(map, port)).toEqual({
      range: { startPort: port, numberOfPorts: 1 },
      kind: 'listening',
      label: 'python3',
      holders: [{ state: 'listening', addresses: ['::1'], user: 'root', processId, processName: 'python3' }],
    });
    expect(map.counts.listening).toBe(1);
    const other = only(await service.map({ protocol: protocol === 'tcp' ? 'udp' : 'tcp' }));
    expect(other.counts.listening).toBe(0);
  });

  test.each(['tcp', 'udp'] as const)('shows a %s reservation of another worker as reserved', async (protocol) => {
    const host = ownHost();
    const [service, other] = [await open(host), await open(host)];
    const reservation = only(await other.create({ protocol, startPort: port, numberOfPorts: 3, name: 'web' }));
    const map = only(await service.map({ protocol }));
    expect(at(map, port)).toMatchObject({ range: reservation.range, kind: 'reserved', label: 'web', reservation });
    expect(map.counts).toMatchObject({ reserved: 3, listening: 0 });
    await startTaker(protocol, '127.0.0.1', port + 1);
    expect(at(only(await service.map({ protocol })), port + 1)).toMatchObject({ kind: 'listening', reservation });
  });

  test('shows both ends of a connection as in use', async () => {
    const ports = await onePair();
    const map = only(await (await open()).map({ protocol: 'tcp' }));
    for (const one of [ports.client, ports.server]) {
      expect(at(map, one)).toMatchObject({ kind: 'inUse', holders: [{ state: 'connected', processId: process.pid }] });
    }
  });

  test('shows an entry of ip_local_reserved_ports as excluded, and the reservation in it as reserved', async () => {
    const file = '/proc/sys/net/ipv4/ip_local_reserved_ports';
    writeFileSync(file, `${port}-${port + 9}`);
    onTestFinished(() => writeFileSync(file, '\n'));
    const service = await open(ownHost(), 'linux');
    await service.create({ protocol: 'tcp', startPort: port + 4, numberOfPorts: 2 });
    const map = only(await service.map({ protocol: 'tcp' }));
    expect(at(map, port + 9)).toMatchObject({
      kind: 'excludedByAdministrator',
      label: 'net.ipv4.ip_local_reserved_ports',
      exclusion: { administered: true },
    });
    expect(map.counts).toMatchObject({ excludedByAdministrator: 8, reserved: 2 });
  });

  test('says what an ordinary user cannot see', async () => {
    await startSituation('tcp', '0.0.0.0', port);
    const map = only(await (await openAsNobody()).map({ protocol: 'tcp' }));
    expect(at(map, port)).toEqual({
      range: { startPort: port, numberOfPorts: 1 },
      kind: 'listening',
      holders: [{ state: 'listening', addresses: ['0.0.0.0'], user: 'root' }],
    });
    expect(map.warnings).toEqual([
      'Of 1 port the process cannot be seen from here: it is of another user, or outside this container.',
    ]);
  });

  test('is drawn on demand, and binds nothing', async () => {
    const { ended, processId } = await startSituation('tcp', '127.0.0.1', port);
    const service = await open();
    const { text } = only(await service.map({ protocol: 'tcp', render: { format: 'text', columns: 100 } }));
    expect(text).toContain(`\n ${port} python3`);
    const { text: svg } = only(await service.map({ protocol: 'tcp', render: { format: 'svg' } }));
    expect(svg).toContain(`<title>${port} listening: python3 (process ${processId}, root)</title>`);
    process.kill(processId);
    await ended;
    await expect(service.map({ protocol: 'tcp', render: { format: 'svg', columns: 80 } })).rejects.toMatchObject({
      name: 'InvalidParamsError',
    });
  });

  test('ends when it is aborted', async () => {
    await startSituation('tcp', '127.0.0.1', port);
    const service = await open();
    await expect(service.map({ protocol: 'tcp' }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  test('keeps the contract and has each port once', async () => {
    const map = only(await (await open()).map({ protocol: 'udp', render: { format: 'text' } }));
    expect([PortMapOfContract(map), PortMapOfContract.errors]).toEqual([true, null]);
    const { segments } = map;
    expect(segments.reduce((next, { range }) => (range.startPort === next ? endPort(range) + 1 : Number.NaN), 1)).toBe(
      65_536,
    );
  });
});
