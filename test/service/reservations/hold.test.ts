import { expect, onTestFinished, test } from 'vitest';
import { openService } from '../../../src/open-service.ts';
import { only } from '../../support/only.ts';
import { ownHost } from '../../support/own-host.ts';
import { openSocket, tryBind } from '../../support/sockets.ts';

async function openAt(host = ownHost()) {
  const service = await openService({ provider: 'ledger', host });
  onTestFinished(() => service.close());
  return { service, host };
}

const isLinux = process.platform === 'linux';

test.skipIf(!isLinux)('a reservation that yields says so, lets servers in, and is held', async () => {
  const { service } = await openAt();
  const { reservations } = await service.create({ protocol: ['tcp', 'udp'], hold: 'yield', name: 'dev' });
  expect(reservations).toMatchObject([
    { protocol: 'tcp', lifetime: 'runtime', enforcement: 'ephemeralOnly' },
    { protocol: 'udp', lifetime: 'runtime', enforcement: 'ledger' },
  ]);
  const { startPort } = reservations[0]!.range;
  expect(await tryBind('tcp', startPort, '::')).toBe('bound');
  expect(await tryBind('udp', startPort, '::')).toBe('bound');
  const { ports } = await service.inspect({ protocol: ['tcp', 'udp'], ranges: [reservations[0]!.range] });
  expect(ports).toMatchObject([
    {
      canBind: false,
      explanation: expect.stringMatching(
        /"dev".*, which lets a server in that sets SO_REUSEADDR: the program it is for must set that before bind, or be started with a hold of none\.$/,
      ),
    },
    {
      canBind: true,
      explanation: expect.stringMatching(/"dev".*, which does not stop a program that names the port\.$/),
    },
  ]);
});

test.each(['yield', 'none'] as const)('with hold %s nobody who asks gets the ports', async (hold) => {
  const { service, host } = await openAt();
  const { range } = only(await service.create({ protocol: 'udp', numberOfPorts: 2, hold }));
  const { service: other } = await openAt(host);
  const again = { protocol: 'udp', ...range } as const;
  for (const params of [again, { ...again, hold }]) {
    await expect(other.create(params)).rejects.toMatchObject({ errorName: 'RangeReserved' });
  }
  expect(only(await service.probe({ protocol: 'udp', range }))).toEqual({ protocol: 'udp', port: range.startPort });
  await service.release({ protocol: 'udp', range });
  expect(only(await other.create(again)).enforcement).toBe('socket');
});

test.each(['yield', 'none'] as const)('with hold %s a port in use is refused and gone round', async (hold) => {
  const { service } = await openAt();
  const { range } = only(await service.create({ protocol: 'udp', numberOfPorts: 3 }));
  await service.release({ protocol: 'udp', range });
  const socket = await openSocket('udp', range.startPort + 1, '127.0.0.1');
  onTestFinished(() => socket.close());
  const attempt = service.create({ protocol: 'udp', ...range, hold });
  await expect(attempt).rejects.toMatchObject({ errorName: 'PortInUse', facts: { port: range.startPort + 1 } });
  const found = only(await service.create({ protocol: 'udp', numberOfPorts: 1, within: range, hold }));
  expect(found.range.startPort).not.toBe(range.startPort + 1);
});

test('ifExists returns what is there only where it is held as was asked', async () => {
  const { service } = await openAt();
  const made = only(await service.create({ protocol: 'tcp', hold: 'none' }));
  const again = { protocol: 'tcp', ...made.range, ifExists: 'return' } as const;
  expect(only(await service.create({ ...again, hold: 'none' }))).toEqual(made);
  await expect(service.create(again)).rejects.toMatchObject({ errorName: 'RangeReserved' });
});

test('hold is for runtime reservations', async () => {
  const { service } = await openAt();
  const params = { protocol: 'tcp', lifetime: 'persistent', hold: 'strict' } as const;
  await expect(service.create(params)).rejects.toThrow(/^hold is for runtime reservations/);
  expect((await service.list()).reservations).toEqual([]);
});

test('nobody is told to end what holds a port for a program that comes', async () => {
  const { service, host } = await openAt();
  const { range } = only(await service.create({ protocol: 'tcp', hold: 'yield' }));
  const { service: other } = await openAt(host);
  const { ports } = await other.inspect({ protocol: 'tcp', ranges: [range] });
  expect(ports[0]).toMatchObject({ verdict: 'reserved', canBind: false });
  expect(ports[0]).not.toHaveProperty('remedy');
});
