import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Bpf } from '../../../src/native/linux/bpf.ts';
import { KernelGate } from '../../../src/providers/linux/kernel/kernel-gate.ts';
import { serviceId } from '../../../src/providers/linux/kernel/range-entries.ts';
import type { KernelReservation } from '../../../src/providers/linux/kernel/reservations.ts';
import { refusal as refused } from '../../support/machine.ts';
import { asUser, python } from './support/programs.ts';
import { SOCK_DGRAM, tryBind } from './support/raw-sockets.ts';
import { gateTitle, noGate, useRoom } from './support/room.ts';

const room = useRoom();
const ports = (startPort: number, numberOfPorts = 1) => ({ startPort, numberOfPorts });

function openGate(): KernelGate {
  const gate = KernelGate.pinned(room);
  onTestFinished(() => gate.off());
  return gate;
}

function listen(port: number, host?: string): Promise<Server> {
  const server = createServer();
  onTestFinished(() => void server.close());
  return new Promise((resolve, reject) => server.once('error', reject).listen(port, host, () => resolve(server)));
}

const binds = (token: bigint, ...wanted: number[]) => wanted.map((port) => [tryBind(port), tryBind(port, { token })]);
const shut = ['EADDRINUSE', 'bound'];

describe.skipIf(noGate)(gateTitle('a range that is claimed'), () => {
  test('is reserved by settling it, and not before', async () => {
    const gate = openGate();
    const token = await gate.claim('tcp', ports(21_040, 10));
    expect([existsSync(room.pins), tryBind(21_040)]).toEqual([false, 'bound']);
    await gate.settle([{ protocol: 'tcp', range: ports(21_040, 10), token }]);
    expect(binds(token, 21_040, 21_049)).toEqual([shut, shut]);
  });

  test.each(['0.0.0.0', '127.0.0.1', '::', '::1'])(
    'is refused where a server has one of its ports on %s',
    async (host) => {
      const gate = openGate();
      await listen(21_045, host);
      for (const work of [() => gate.claim('tcp', ports(21_040, 10)), () => gate.acquire('tcp', ports(21_040, 10))]) {
        const { errorName, facts } = await refused(work());
        expect([errorName, facts.port]).toEqual(['PortInUse', 21_045]);
      }
      expect([existsSync(room.pins), tryBind(21_040)]).toEqual([false, 'bound']);
    },
  );

  test('and taken by a server before it is settled is not reserved, and what else is settled is', async () => {
    const gate = openGate();
    const token = await gate.claim('tcp', ports(21_040, 10));
    await listen(21_047);
    const other: KernelReservation = { protocol: 'tcp', range: ports(21_300), token: 5n };
    const { errorName, facts } = await refused(
      gate.settle([{ protocol: 'tcp', range: ports(21_040, 10), token }, other]),
    );
    expect([errorName, facts.port]).toEqual(['PortInUse', 21_047]);
    expect([tryBind(21_040), ...binds(5n, 21_300)]).toEqual(['bound', shut]);
    expect(await gate.list()).toEqual([other]);
  });

  test.each([
    ['the same', ports(21_040, 10), 21_040],
    ['its first port', ports(21_040), 21_040],
    ['its last', ports(21_049, 5), 21_049],
    ['what lies around it', ports(21_000, 100), 21_040],
  ])('is refused where the kernel keeps %s already', async (_what, range, port) => {
    const gate = openGate();
    await gate.settle([{ protocol: 'tcp', range: ports(21_040, 10), token: 5n }]);
    const other = KernelGate.pinned(room);
    for (const work of [() => other.claim('tcp', range), () => other.acquire('tcp', range)]) {
      const { errorName, message, facts } = await refused(work());
      expect([errorName, facts.port]).toEqual(['RangeReserved', port]);
      expect(message).toContain('tcp 21040-21049');
    }
    await expect(other.claim('udp', range)).resolves.toBeGreaterThan(0n);
    expect(await gate.list()).toHaveLength(1);
  });

  test('is not reserved once the caller has given up', async () => {
    const gate = openGate();
    const giveUp = new AbortController();
    const acquiring = gate.acquire('tcp', ports(1024, 30_000), { signal: giveUp.signal });
    setImmediate(() => giveUp.abort(new Error('given up')));
    await expect(acquiring).rejects.toThrow('given up');
    expect([await gate.list(), existsSync(room.pins), tryBind(1024)]).toEqual([[], false, 'bound']);
  });
});

describe.skipIf(noGate)(gateTitle('switching off'), () => {
  test('frees everything at once, also while somebody looks at it', async () => {
    const gate = openGate();
    await gate.settle([{ protocol: 'tcp', range: ports(21_040), token: 7n }]);
    const bpf = await Bpf.load();
    const looking = ['bind4-link', 'bind6-link', 'ranges'].map((name) => bpf.open(`${room.pins}/${name}`)!);
    const before = tryBind(21_040);
    await gate.off();
    expect([before, tryBind(21_040), tryBind(21_040, { ip: '::' })]).toEqual(['EADDRINUSE', 'bound', 'bound']);
    for (const descriptor of looking) bpf.close(descriptor);
  });
});

describe.skipIf(noGate)(gateTitle('settling'), () => {
  const all: KernelReservation[] = [
    { protocol: 'tcp', range: ports(21_040, 10), token: 2n ** 64n - 1n },
    { protocol: 'tcp', range: ports(21_050), token: 2n, allow: { userId: 65_534 } },
    { protocol: 'udp', range: ports(1024, 48_900), token: 3n },
    { protocol: 'udp', range: ports(60_000), token: 4n, allow: { service: 'dns.service', privileged: true } },
  ];

  test('restores what was recorded: ranges, tokens, and who is let in', async () => {
    const gate = openGate();
    await gate.settle(all);
    const restored = await KernelGate.pinned(room).list();
    expect(restored).toEqual([
      { protocol: 'tcp', range: ports(21_040, 10), token: 2n ** 64n - 1n },
      { protocol: 'tcp', range: ports(21_050), token: 2n, userId: 65_534 },
      { protocol: 'udp', range: ports(1024, 48_900), token: 3n },
      { protocol: 'udp', range: ports(60_000), token: 4n, service: serviceId('dns.service'), privileged: true },
    ]);
    expect(binds(2n ** 64n - 1n, 21_040, 21_049)).toEqual([shut, shut]);
    expect(asUser(65_534, python(21_050))).toBe('bound');
    expect(tryBind(49_923, { type: SOCK_DGRAM, token: 3n })).toBe('bound');
  });

  test('restores also what somebody has bound meanwhile: it is theirs no more once they let go', async () => {
    const gate = openGate();
    const server = await listen(21_045);
    await gate.settle(all.slice(0, 1));
    await new Promise((resolve) => server.close(resolve));
    expect(binds(2n ** 64n - 1n, 21_045)).toEqual([shut]);
  });

  test('leaves what another ledger has recorded', async () => {
    const gate = openGate();
    await gate.settle([all[0]!]);
    await gate.settle([all[1]!]);
    await gate.settle([]);
    expect(await gate.list()).toHaveLength(2);
    await gate.release('tcp', ports(21_048, 2));
    expect(binds(2n ** 64n - 1n, 21_049)).toEqual([shut]);
  });

  test.each([
    ['longer', ports(21_040, 10), ports(21_038, 20)],
    ['shorter', ports(21_038, 20), ports(21_041, 5)],
  ])('makes a range %s that was recorded otherwise', async (_how, before, after) => {
    const gate = openGate();
    await gate.settle([{ protocol: 'tcp', range: before, token: 7n }]);
    await gate.settle([{ protocol: 'tcp', range: after, token: 8n }]);
    expect(await gate.list()).toEqual([{ protocol: 'tcp', range: after, token: 8n }]);
    for (let port = 21_030; port < 21_065; port++) {
      const isIn = port >= after.startPort && port < after.startPort + after.numberOfPorts;
      expect([port, ...binds(8n, port)[0]!]).toEqual([port, ...(isIn ? shut : ['bound', 'bound'])]);
    }
  });

  test('changes whom a range lets in', async () => {
    const gate = openGate();
    const range = ports(21_050);
    await gate.settle([{ protocol: 'tcp', range, token: 7n }]);
    await gate.settle([{ protocol: 'tcp', range, token: 7n, allow: { userId: 65_534 } }]);
    expect([tryBind(21_050), asUser(65_534, python(21_050))]).toEqual(['EADDRINUSE', 'bound']);
    expect(await gate.status()).toMatchObject({ takesTokens: false });
  });

  test('of nothing takes no rights and leaves nothing', async () => {
    await KernelGate.pinned({ ...room, userId: 1000 }).settle([]);
    expect(existsSync(room.pins)).toBe(false);
  });
});

describe.skipIf(noGate)(gateTitle('the gate says'), () => {
  test('of a port which reservation it is in and whom that lets in', async () => {
    const gate = openGate();
    await gate.settle([
      { protocol: 'tcp', range: ports(21_040, 10), token: 7n, allow: { service: 'web.service', userId: 33 } },
    ]);
    expect(await gate.explain('tcp', 21_045, ['other.service', 'web.service'])).toMatchObject({
      range: ports(21_040, 10),
      token: 7n,
      userId: 33,
      serviceName: 'web.service',
    });
    expect(await gate.explain('tcp', 21_045, [])).not.toHaveProperty('serviceName');
    expect(await gate.explain('udp', 21_045)).toBeUndefined();
    expect(await gate.explain('tcp', 21_050)).toBeUndefined();
  });

  test('by a bind whether a reservation can be used', async () => {
    const gate = openGate();
    await gate.settle([{ protocol: 'tcp', range: ports(21_040, 3), token: 7n }]);
    expect(await gate.probe('tcp', 7n, ports(21_040, 3))).toBe(21_040);
    expect((await refused(gate.probe('tcp', 8n, ports(21_040, 3)))).errorName).toBe('PortInUse');
    expect((await refused(gate.probe('tcp', 7n, ports(22, 0)))).errorName).toBe('PortInUse');
  });
});
