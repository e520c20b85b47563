import { expect, onTestFinished, test } from 'vitest';
import { openService } from '../../../src/open-service.ts';
import type { PortFindParams, Protocol } from '../../../src/protocol/generated/contract.ts';
import type { PortService } from '../../../src/service/port-service.ts';
import { useOwnNetwork } from '../../kernel/held/support/own-network.ts';
import { ownHost } from '../../support/own-host.ts';
import { openSocket } from '../../support/sockets.ts';

useOwnNetwork();

const both: Protocol[] = ['tcp', 'udp'];
const within = { startPort: 21_001, numberOfPorts: 12 };

async function open(host = ownHost()): Promise<PortService> {
  const service = await openService({ host, provider: 'ledger' });
  onTestFinished(() => service.close());
  return service;
}

async function take(protocol: Protocol, port: number, address = '::'): Promise<void> {
  const socket = await openSocket(protocol, port, address);
  onTestFinished(() => socket.close());
}

const starts = async (service: PortService, params: Partial<PortFindParams>) =>
  (await service.find({ protocol: both, within, ...params })).ranges.map(({ startPort }) => startPort);

test('gives the lowest blocks where they are asked for, side by side, as many as there are', async () => {
  const service = await open();
  expect(await starts(service, { protocol: ['tcp'], first: 1 })).toEqual([21_001]);
  expect(await starts(service, { numberOfPorts: 5, first: 2 })).toEqual([21_001, 21_006]);
  expect(await starts(service, { numberOfPorts: 5, first: 3 })).toEqual([21_001, 21_006]);
  expect((await service.list()).reservations).toEqual([]);
});

test('gives one block from a random start where none is asked to be the lowest, round the end of the window', async () => {
  const service = await open();
  await take('tcp', 21_006);
  const found = await Promise.all(Array.from({ length: 60 }, () => starts(service, { numberOfPorts: 3 })));
  expect([...new Set(found.flat())].sort()).toEqual([21_001, 21_002, 21_003, 21_007, 21_008, 21_009, 21_010]);
});

test.each([
  ['tcp on ::1 alone', 'tcp', '::1'],
  ['udp on 127.0.0.1 alone', 'udp', '127.0.0.1'],
] as const)('goes round a port that is taken in %s', async (_title, protocol, address) => {
  const service = await open();
  await take(protocol, 21_004, address);
  // Of few ports no table is read, of many it is.
  expect(await starts(service, { numberOfPorts: 4, first: 2 })).toEqual([21_005, 21_009]);
  expect(await starts(service, { numberOfPorts: 4, first: 9 })).toEqual([21_005, 21_009]);
  const other = protocol === 'tcp' ? 'udp' : 'tcp';
  expect(await starts(service, { protocol: [other], numberOfPorts: 4, first: 1 })).toEqual([21_001]);
});

test('goes round what is reserved, held by another worker or by the ledger alone', async () => {
  const host = ownHost();
  const service = await open(host);
  const other = await open(host);
  await service.create({ protocol: 'tcp', startPort: 21_003, lifetime: 'persistent' });
  await other.create({ protocol: 'udp', startPort: 21_007 });
  expect(await starts(service, { numberOfPorts: 3, first: 9 })).toEqual([21_004, 21_008]);
});

test('says where there is no block, and names a wrong window', async () => {
  const service = await open();
  for (let port = 21_003; port <= 21_012; port += 3) await take('udp', port, '0.0.0.0');
  await expect(service.find({ protocol: both, numberOfPorts: 3, within, first: 1 })).rejects.toMatchObject({
    errorName: 'NoFreeRange',
    message: 'No free block of 3 consecutive tcp and udp ports in 21001-21012. The last refusal: udp 21012 is in use.',
    facts: { osCode: 'EADDRINUSE', osFunction: 'bind' },
  });
  const field = (params: Partial<PortFindParams>) =>
    service.find({ protocol: both, ...params }).catch(({ errors }) => errors[0].field);
  expect(await field({ within, numberOfPorts: 13 })).toBe('numberOfPorts');
  expect(await field({ within: { startPort: 65_000, numberOfPorts: 600 } })).toBe('within.numberOfPorts');
});

test('an aborted search ends', async () => {
  const service = await open();
  const search = service.find({ protocol: both, numberOfPorts: 20_000 }, { signal: AbortSignal.abort() });
  await expect(search).rejects.toMatchObject({ name: 'AbortError' });
});

test('gives every free range in its whole length, of the size that is asked for at least', async () => {
  const service = await open();
  const all = async (params: Partial<PortFindParams> = {}) =>
    (await service.find({ protocol: both, within, all: true, ...params })).ranges.map(
      ({ startPort, numberOfPorts }) => `${startPort}+${numberOfPorts}`,
    );
  expect(await all()).toEqual(['21001+12']);
  await take('tcp', 21_003);
  // No table has a socket that is bound and does not listen; the later port is met before the earlier one.
  await take('udp', 21_009);
  await service.create({ protocol: 'udp', startPort: 21_006 });
  expect(await all()).toEqual(['21001+2', '21004+2', '21007+2', '21010+3']);
  expect(await all({ numberOfPorts: 3 })).toEqual(['21010+3']);
  expect(await all({ protocol: 'tcp' })).toEqual(['21001+2', '21004+9']);
  await expect(all({ numberOfPorts: 4 })).rejects.toMatchObject({ errorName: 'NoFreeRange' });
  await expect(all({ first: 1 })).rejects.toMatchObject({ errors: [{ field: 'first' }] });
});
