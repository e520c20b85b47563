import { describe, expect, test } from 'vitest';
import { overlap } from '../../src/protocol/ranges.ts';
import { only } from '../support/only.ts';
import { bindAll, expectFree, expectReserved, WSAEACCES } from './support/ports.ts';
import { runtimeText } from './support/records.ts';
import { eachMachine, testWith, type Windows } from './support/windows.ts';

/** SIO_ACQUIRE_, SIO_ASSOCIATE_ and SIO_RELEASE_PORT_RESERVATION, from the worker; no rights needed. */
export function runtimeSuite(windows: Windows): void {
  const simulated = testWith(windows, 'simulation');
  const withOthers = testWith(windows, 'others');

  describe('runtime reservations', () => {
    const machine = eachMachine(windows);

    test('create closes exactly the range, in exactly the protocol, to all others', async () => {
      const [worker, program] = [await machine().worker(), await machine().caller()];
      for (const [protocol, other] of [
        ['tcp', 'udp'],
        ['udp', 'tcp'],
      ] as const) {
        const start = (await machine().block(6)) + 1;
        const params = { protocol, startPort: start, numberOfPorts: 4 };
        const made = only(await worker.request('reservation/create', params));
        expect(made).toMatchObject({ lifetime: 'runtime', enforcement: 'kernel', provider: 'windows' });
        expect(made.owner).toMatchObject({ processId: worker.process.pid, processStartTime: expect.any(String) });
        await expectReserved(program, protocol, start, 4);
        await expectFree(program, other, start, 4);
        const { range } = made;
        expect(only(await worker.request('reservation/lookup', { protocol, range }))).toEqual(made);
      }
    });

    test('the kernel may be asked for by name, and what is not to be had is refused', async () => {
      const [worker, program] = [await machine().worker(), await machine().caller()];
      const start = (await machine().block(4)) + 1;
      const params = { protocol: 'tcp', startPort: start, numberOfPorts: 2 } as const;
      const weaker = await worker.refusal('reservation/create', { ...params, enforcement: 'ephemeralOnly' });
      expect(weaker).toMatchObject({ name: 'NotSupported', target: 'enforcement ephemeralOnly' });
      await expectFree(program, 'tcp', start, 2);
      const made = only(await worker.request('reservation/create', { ...params, enforcement: 'kernel' }));
      expect(made).toMatchObject({ lifetime: 'runtime', enforcement: 'kernel' });
      await expectReserved(program, 'tcp', start, 2);
    });

    withOthers('whom Windows cannot let in without the token is refused', async () => {
      const worker = await machine().worker();
      const allow = { user: 'Administrator' };
      const params = { protocol: 'tcp', enforcement: 'kernel', allow } as const;
      expect(await worker.refusal('reservation/create', params)).toMatchObject({
        name: 'NotSupported',
        target: 'allow',
      });
    });

    test('a found block goes round what is taken', async () => {
      const [worker, program] = [await machine().worker(), await machine().caller()];
      const start = (await machine().block(12)) + 1;
      await program.call('bind', await program.call('socket', 'udp'), start + 3);
      const within = { startPort: start, numberOfPorts: 10 };
      const params = { protocol: 'udp', numberOfPorts: 6, within } as const;
      const { range } = only(await worker.request('reservation/create', params));
      expect(range).toEqual({ startPort: start + 4, numberOfPorts: 6 });
      expect(await bindAll(program, 'udp', start + 4, 7)).toEqual([...Array(6).fill(WSAEACCES), 0]);
      expect(await worker.refusal('reservation/create', params)).toMatchObject({ name: 'NoFreeRange' });
    });

    test('a port in use and a reservation of ours are told apart', async () => {
      const [one, other, program] = [await machine().worker(), await machine().worker(), await machine().caller()];
      const start = await machine().block(8);
      const create = (startPort: number) => ({ protocol: 'tcp', startPort, numberOfPorts: 3 }) as const;
      await program.call('bind', await program.call('socket', 'tcp'), start + 1);
      const inUse = await one.refusal('reservation/create', create(start));
      expect(inUse).toMatchObject({ name: 'PortInUse', port: start + 1 });
      const { osFunction } = windows.said('SIO_ACQUIRE_PORT_RESERVATION', '10048');
      if (osFunction) expect(inUse).toMatchObject({ osFunction });
      await one.request('reservation/create', { ...create(start + 3), name: 'ours' });
      const ours = await other.refusal('reservation/create', create(start + 5));
      expect(ours).toMatchObject({ name: 'RangeReserved', message: expect.stringContaining('"ours"') });
    });

    withOthers('one of another program is told, too', async () => {
      const [worker, program] = [await machine().worker(), await machine().caller()];
      const start = await machine().block(5);
      await program.call('acquire', await program.call('socket', 'tcp'), start + 2, 3);
      const theirs = await worker.refusal('reservation/create', {
        protocol: 'tcp',
        startPort: start,
        numberOfPorts: 3,
      });
      expect(theirs).toMatchObject({ name: 'RangeReserved', port: start + 2, osCode: '10048' });
    });

    const unheld = ['yield', 'none'] as const;
    for (const hold of unheld)
      withOthers(`with hold ${hold} any program may bind, and nobody who asks`, async () => {
        const [one, other, program] = [await machine().worker(), await machine().worker(), await machine().caller()];
        const start = (await machine().block(6)) + 1;
        const params = { protocol: 'tcp', startPort: start, numberOfPorts: 4 } as const;
        const made = only(await one.request('reservation/create', { ...params, hold }));
        expect(made).toMatchObject({ lifetime: 'runtime', enforcement: 'ledger', token: expect.any(String) });
        await expectFree(program, 'tcp', start, 4);
        expect(await other.refusal('reservation/create', params)).toMatchObject({ name: 'RangeReserved' });
        expect(only(await one.request('reservation/probe', { token: made.token }))).toEqual({
          protocol: 'tcp',
          port: start,
        });
        const server = await program.call('socket', 'tcp');
        await program.call('bind', server, start + 1);
        // Wine lets sockets that do not listen share a port.
        await program.call('listen', server);
        await one.request('reservation/release', { token: made.token });
        const inUse = await other.refusal('reservation/create', { ...params, hold });
        expect(inUse).toMatchObject({ name: 'PortInUse', port: start + 1 });
      });

    test('probe binds any port of it, or the one that is asked for', async () => {
      const worker = await machine().worker();
      for (const protocol of ['tcp', 'udp'] as const) {
        const start = await machine().block(3);
        const params = { protocol, startPort: start, numberOfPorts: 3 };
        const { token } = only(await worker.request('reservation/create', params));
        const { port } = only(await worker.request('reservation/probe', { token }));
        expect([start, start + 1, start + 2]).toContain(port);
        for (const port of [start + 2, start])
          expect(only(await worker.request('reservation/probe', { token, port }))).toEqual({ protocol, port });
        const outside = await worker.refusal('reservation/probe', { token, port: start + 3 });
        expect(outside).toMatchObject({ code: -32602 });
      }
    });

    test('release frees it, and only its own worker may', async () => {
      const [worker, other, program] = [await machine().worker(), await machine().worker(), await machine().caller()];
      const start = await machine().block(4);
      const params = { protocol: 'tcp', startPort: start, numberOfPorts: 4, name: 'mine' } as const;
      const made = only(await worker.request('reservation/create', params));
      const { protocol, range, token } = made;
      const { reservations } = await other.request('reservation/list', { name: 'mine' });
      const { token: _, ...known } = made;
      expect(reservations).toEqual([known]);
      for (const method of ['reservation/release', 'reservation/probe'] as const)
        expect(await other.refusal(method, { protocol, range })).toMatchObject({ name: 'NotOwner', code: 7 });
      expect(await other.refusal('reservation/release', { token })).toMatchObject({ name: 'NotFound' });
      expect(runtimeText(machine().ledgerFile())).not.toContain(token);
      expect(await bindAll(program, 'tcp', start, 4)).toEqual(Array(4).fill(WSAEACCES));
      expect(only(await worker.request('reservation/release', { protocol, range }))).toEqual(made);
      await expectFree(program, 'tcp', start, 4);
      expect((await other.request('reservation/list', { name: 'mine' })).reservations).toEqual([]);
      expect(only(await other.request('reservation/create', params))).toMatchObject({ range });
    });

    simulated('release frees it also when Windows refuses SIO_RELEASE_PORT_RESERVATION', async () => {
      const worker = await machine().worker({ faults: { SIO_RELEASE_PORT_RESERVATION: 10022 } });
      const program = await machine().caller();
      const start = await machine().block(3);
      const params = { protocol: 'udp', startPort: start, numberOfPorts: 3 } as const;
      const { token } = only(await worker.request('reservation/create', params));
      await worker.request('reservation/release', { token });
      await expectFree(program, 'udp', start, 3);
    });

    test('of twenty blocks that four workers ask for at once, none overlap', async () => {
      const workers = await Promise.all(Array.from({ length: 4 }, () => machine().worker()));
      // A block of 5 with a gap of 4 beside it takes 9 ports, so 20 of them always find room in 200.
      const within = { startPort: await machine().block(200), numberOfPorts: 200 };
      const params = { protocol: 'tcp', numberOfPorts: 5, within } as const;
      const asked = workers.flatMap((worker) =>
        Array.from({ length: 5 }, () => worker.request('reservation/create', params)),
      );
      const ranges = (await Promise.all(asked)).map((one) => only(one).range).sort((a, b) => a.startPort - b.startPort);
      for (const [index, range] of ranges.slice(1).entries()) expect(overlap(range, ranges[index]!)).toBe(false);
      const { reservations } = await workers[0]!.request('reservation/list', { protocol: 'tcp' });
      expect(reservations.map(({ range }) => range)).toEqual(ranges);
    });
  });
}
