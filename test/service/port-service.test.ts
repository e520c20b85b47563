import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Host, thisHost } from '../../src/host.ts';
import { openService } from '../../src/open-service.ts';
import type { ReservationCreateParams } from '../../src/protocol/generated/contract.ts';
import type { PortService } from '../../src/service/port-service.ts';
import { listen } from '../support/listen.ts';
import { only } from '../support/only.ts';

let home: string;
let host: Host;
let service: PortService;
const opened: PortService[] = [];

async function open(): Promise<PortService> {
  const one = await openService({ provider: 'ledger', host });
  opened.push(one);
  return one;
}

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'port-service-'));
  host = { ...thisHost(), env: { PORT_RESERVATION_HOME: home } };
  service = await open();
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
  rmSync(home, { recursive: true });
});

const ledgerText = () => readFileSync(join(home, 'ledger.json'), 'utf8');

test('a runtime reservation is held, recorded, found, and freed by its token', async () => {
  const made = only(await service.create({ protocol: 'tcp', numberOfPorts: 3, name: 'web', reason: 'a test' }));
  expect(made).toMatchObject({
    lifetime: 'runtime',
    enforcement: 'socket',
    provider: 'ledger',
    name: 'web',
    reason: 'a test',
  });
  expect(made.owner?.processId).toBe(process.pid);
  expect(await listen(made.range.startPort + 2)).toBe('EADDRINUSE');
  expect(only(await service.lookup({ protocol: 'tcp', range: made.range }))).toEqual(made);

  expect(only(await service.release({ token: made.token }))).toEqual(made);
  expect(await listen(made.range.startPort + 2)).toBeUndefined();
  await expect(service.release({ token: made.token })).rejects.toMatchObject({ errorName: 'NotFound' });
});

test('a reservation of one protocol leaves the other alone', async () => {
  const { range } = only(await service.create({ protocol: 'tcp', numberOfPorts: 2 }));
  const twin = only(await service.create({ protocol: 'udp', startPort: range.startPort, numberOfPorts: 2 }));
  expect(twin.range).toEqual(range);
});

describe('bad input changes nothing and names the field', () => {
  test.each<[string, ReservationCreateParams]>([
    ['numberOfPorts', { protocol: 'tcp', startPort: 65000, numberOfPorts: 600 }],
    ['within.numberOfPorts', { protocol: 'tcp', within: { startPort: 65000, numberOfPorts: 600 } }],
    ['within', { protocol: 'tcp', startPort: 20000, within: { startPort: 20000, numberOfPorts: 9 } }],
    ['numberOfPorts', { protocol: 'tcp', numberOfPorts: 10, within: { startPort: 20000, numberOfPorts: 9 } }],
  ])('%s', async (field, params) => {
    await expect(service.create(params)).rejects.toMatchObject({ errors: [{ field }] });
    expect(await service.list()).toEqual({ reservations: [] });
  });
});

test.each([
  ['a port within', 5, 1],
  ['the start', -2, 3],
  ['the end', 9, 5],
  ['the whole', -1, 12],
  ['the same', 0, 10],
])('a range that overlaps %s of another is refused', async (_, offset, numberOfPorts) => {
  const { range } = only(await service.create({ protocol: 'tcp', numberOfPorts: 10, name: 'first' }));
  const attempt = service.create({ protocol: 'tcp', startPort: range.startPort + offset, numberOfPorts });
  await expect(attempt).rejects.toMatchObject({
    errorName: 'RangeReserved',
    message: expect.stringContaining('"first"'),
  });
  expect((await service.list()).reservations).toHaveLength(1);
});

describe('ifExists', () => {
  test('return gives the caller its own reservation back', async () => {
    const made = only(await service.create({ protocol: 'tcp', numberOfPorts: 2 }));
    const { startPort } = made.range;
    const again = only(await service.create({ protocol: 'tcp', startPort, numberOfPorts: 2, ifExists: 'return' }));
    expect(again).toEqual(made);
  });

  test('return gives it to another service of this process, too', async () => {
    const made = only(await service.create({ protocol: 'tcp', numberOfPorts: 2 }));
    const other = await open();
    expect(only(await other.create({ protocol: 'tcp', ...made.range, ifExists: 'return' }))).toEqual(made);
    await other.close();
    expect(only(await service.lookup(made))).toEqual(made);
  });

  test('return does not give it for another range or lifetime', async () => {
    const { range } = only(await service.create({ protocol: 'tcp', numberOfPorts: 2 }));
    const { startPort } = range;
    for (const [numberOfPorts, lifetime] of [
      [1, 'runtime'],
      [2, 'persistent'],
    ] as const) {
      const attempt = service.create({ protocol: 'tcp', startPort, numberOfPorts, lifetime, ifExists: 'return' });
      await expect(attempt).rejects.toMatchObject({ errorName: 'RangeReserved' });
    }
  });

  test('return gives a persistent one to whoever asks for exactly it', async () => {
    const made = only(await service.create({ protocol: 'udp', numberOfPorts: 2, lifetime: 'persistent' }));
    const other = await open();
    const params = { protocol: 'udp', ...made.range, lifetime: 'persistent', ifExists: 'return' } as const;
    expect(only(await other.create(params))).toEqual(made);
  });
});

test.each(['lookup', 'release', 'probe'] as const)(
  '%s refuses a range past the last port by its field',
  async (method) => {
    const range = { startPort: 65_530, numberOfPorts: 10 };
    const refused = service[method]({ protocol: 'tcp', range });
    await expect(refused).rejects.toMatchObject({ errors: [{ field: 'range.numberOfPorts' }] });
  },
);

test('a runtime reservation is freed by the service that holds it alone', async () => {
  const { token, range } = only(await service.create({ protocol: 'tcp' }));
  const other = await open();
  await expect(other.release({ token })).rejects.toMatchObject({
    errorName: 'NotOwner',
    facts: { hint: expect.stringContaining(String(process.pid)) },
  });
  expect(await listen(range.startPort)).toBe('EADDRINUSE');
});

test('a token and a range that do not belong together free nothing', async () => {
  const one = only(await service.create({ protocol: 'tcp' }));
  const two = only(await service.create({ protocol: 'tcp' }));
  const attempt = service.release({ token: one.token, protocol: 'tcp', range: two.range });
  await expect(attempt).rejects.toMatchObject({ errorName: 'NotFound' });
  expect((await service.list()).reservations).toHaveLength(2);
});

test('a reservation of another provider is not freed half', async () => {
  const { token } = only(await service.create({ protocol: 'tcp', lifetime: 'persistent' }));
  const linux = await openService({ provider: 'linux', host });
  opened.push(linux);
  await expect(linux.release({ token })).rejects.toMatchObject({
    errorName: 'NotSupported',
    facts: { hint: 'Release it through the ledger provider.', remedy: { action: 'release', provider: 'ledger' } },
  });
});

test('lists by protocol, lifetime, port and name, in order', async () => {
  const web = only(await service.create({ protocol: 'tcp', numberOfPorts: 3, name: 'web' }));
  const game = only(await service.create({ protocol: 'udp', name: 'Game', lifetime: 'persistent' }));
  const web2 = only(await service.create({ protocol: 'tcp', name: 'web2' }));
  const names = async (filter: Parameters<PortService['list']>[0]) =>
    (await service.list(filter)).reservations.map(({ name }) => name);

  const tcp = [web, web2].sort((a, b) => a.range.startPort - b.range.startPort).map(({ name }) => name);
  expect(await names({})).toEqual([...tcp, 'Game']);
  expect(await names({ protocol: 'udp' })).toEqual(['Game']);
  expect(await names({ lifetime: 'persistent' })).toEqual(['Game']);
  expect(await names({ port: web.range.startPort + 2, protocol: 'tcp' })).toEqual(['web']);
  expect(await names({ port: web.range.startPort + 3, name: 'web' })).toEqual([]);
  expect(await names({ name: 'game' })).toEqual(['Game']);
  expect(await names({ name: 'web*' })).toEqual(tcp);
  expect(game.owner?.processId).toBeUndefined();
});

test('close frees the runtime reservations and their records, and keeps the persistent ones', async () => {
  const held = only(await service.create({ protocol: 'tcp' }));
  const kept = only(await service.create({ protocol: 'tcp', lifetime: 'persistent' }));
  await service.close();
  expect(await listen(held.range.startPort)).toBeUndefined();
  expect(JSON.parse(ledgerText()).reservations).toEqual([kept]);
});

test('an aborted request leaves neither ports nor records', async () => {
  const controller = new AbortController();
  const attempt = service.create({ protocol: 'tcp', numberOfPorts: 5_000 }, { signal: controller.signal });
  setImmediate(() => controller.abort());
  await expect(attempt).rejects.toMatchObject({ name: 'AbortError' });
  expect((await service.list()).reservations).toEqual([]);
});

test('many at once in one process never overlap', async () => {
  const two = await open();
  const made = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      (index % 2 ? service : two).create({ protocol: 'tcp', numberOfPorts: 1 + (index % 7) }),
    ),
  );
  const ports = made
    .map((one) => only(one))
    .flatMap(({ range }) => Array.from({ length: range.numberOfPorts }, (_, index) => range.startPort + index));
  expect(new Set(ports).size).toBe(ports.length);
  expect((await service.list()).reservations).toHaveLength(40);
});

test('a ledger that cannot be written refuses the reservation and frees its ports', async () => {
  const probe = only(await service.create({ protocol: 'tcp', numberOfPorts: 4 }));
  await service.release({ token: probe.token });
  const other = await open();
  // The reason is refused when the record is written, after the ports were taken.
  const bad = { protocol: 'tcp', startPort: probe.range.startPort, numberOfPorts: 4, reason: 'x'.repeat(501) } as const;
  await expect(other.create(bad)).rejects.toThrow('unreadable');
  expect(await listen(probe.range.startPort + 3)).toBeUndefined();
  expect((await other.list()).reservations).toEqual([]);
});
