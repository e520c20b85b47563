import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type Host, thisHost } from '../../../src/host.ts';
import { openService } from '../../../src/open-service.ts';
import type { PortService } from '../../../src/service/port-service.ts';
import { only } from '../../support/only.ts';
import { openSocket, tryBind } from '../../support/sockets.ts';

const both = ['tcp', 'udp'] as const;
let home: string;
let host: Host;
let service: PortService;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'port-service-'));
  host = { ...thisHost(), env: { PORT_RESERVATION_HOME: home } };
  service = await openService({ provider: 'ledger', host });
});

afterEach(async () => {
  await service.close();
  rmSync(home, { recursive: true });
});

const create = (params: object = {}) => service.create({ protocol: [...both], ...params });
const states = (port: number) => Promise.all(both.map((protocol) => tryBind(protocol, port, '::')));

/** A block that was free in both protocols a moment ago. */
async function freeBlock(numberOfPorts: number): Promise<number> {
  const { reservations } = await create({ numberOfPorts });
  for (const { token } of reservations) only(await service.release({ token }));
  return reservations[0]!.range.startPort;
}

test('the same numbers are reserved in both, as two reservations that are freed one by one', async () => {
  const { reservations } = await create({ numberOfPorts: 3, name: 'dns', reason: 'a test' });
  const [tcp, udp] = reservations;
  expect(reservations).toMatchObject([
    { protocol: 'tcp', name: 'dns', reason: 'a test', range: { numberOfPorts: 3 } },
    { protocol: 'udp', name: 'dns', reason: 'a test', range: tcp!.range },
  ]);
  expect((await service.list()).reservations).toEqual(reservations);
  const { startPort } = tcp!.range;
  expect(await states(startPort + 2)).toEqual(['EADDRINUSE', 'EADDRINUSE']);
  await service.release({ token: udp!.token });
  expect(await states(startPort + 2)).toEqual(['EADDRINUSE', 'bound']);
});

test.each(both)('none is reserved where a port is taken in %s alone', async (taken) => {
  const startPort = await freeBlock(3);
  const socket = await openSocket(taken, startPort + 1, '127.0.0.1');
  onTestFinished(() => socket.close());
  const attempt = create({ startPort, numberOfPorts: 3 });
  await expect(attempt).rejects.toMatchObject({
    errorName: 'PortInUse',
    facts: { target: `${taken} ${startPort + 1}` },
  });
  expect(await states(startPort)).toEqual(['bound', 'bound']);
  expect((await service.list()).reservations).toEqual([]);
});

test.each(both)('a free block is looked for behind a port that is taken in %s alone', async (taken) => {
  const startPort = await freeBlock(3);
  const socket = await openSocket(taken, startPort + 1, '127.0.0.1');
  onTestFinished(() => socket.close());
  const within = { startPort, numberOfPorts: 4 };
  await expect(create({ numberOfPorts: 3, within })).rejects.toMatchObject({
    errorName: 'NoFreeRange',
    facts: { target: `tcp and udp ${startPort}-${startPort + 3}` },
  });
  const { reservations } = await create({ numberOfPorts: 2, within });
  expect(reservations.map(({ range }) => range.startPort)).toEqual([startPort + 2, startPort + 2]);
});

test('a reservation of one of the protocols is in the way of both', async () => {
  const [tcp] = (await create({ protocol: ['tcp'] })).reservations;
  const { startPort } = tcp!.range;
  await expect(create({ startPort })).rejects.toMatchObject({ errorName: 'RangeReserved' });
  expect((await service.list()).reservations).toEqual([tcp]);
});

test('ifExists return gives back what is there and makes what is missing', async () => {
  const [udp] = (await create({ protocol: ['udp'] })).reservations;
  const { startPort } = udp!.range;
  const { reservations } = await create({ startPort, ifExists: 'return' });
  expect(reservations).toMatchObject([{ protocol: 'tcp', range: udp!.range }, udp!]);
  expect((await create({ startPort, ifExists: 'return' })).reservations).toEqual(reservations);
});

test('what was there stays when the missing one cannot be made', async () => {
  const [udp] = (await create({ protocol: ['udp'] })).reservations;
  const { startPort } = udp!.range;
  const socket = await openSocket('tcp', startPort, '::1');
  onTestFinished(() => socket.close());
  await expect(create({ startPort, ifExists: 'return' })).rejects.toMatchObject({ errorName: 'PortInUse' });
  expect((await service.list()).reservations).toEqual([udp]);
  expect(await tryBind('udp', startPort, '::')).toBe('EADDRINUSE');
});

test('a ledger that cannot be written frees the ports of both', async () => {
  const startPort = await freeBlock(1);
  // The reason is refused when the records are written, after the ports were taken.
  await expect(create({ startPort, reason: 'x'.repeat(501) })).rejects.toThrow('unreadable');
  expect(await states(startPort)).toEqual(['bound', 'bound']);
});
