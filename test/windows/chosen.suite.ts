import { describe, expect } from 'vitest';
import { overlap } from '../../src/protocol/ranges.ts';
import { only } from '../support/only.ts';
import { expectReserved } from './support/ports.ts';
import { eachMachine, testWith, type Windows } from './support/windows.ts';

/** What Windows cannot do by itself: a persistent block that is found, and a create that may be repeated. */
export function chosenSuite(windows: Windows): void {
  const elevated = testWith(windows, 'elevated');
  const simulated = testWith(windows, 'elevated', 'simulation');

  describe('persistent reservations, found and repeated', () => {
    const machine = eachMachine(windows);

    elevated('a block without a start is found in the window, around what is taken', async () => {
      const worker = await machine().worker({ elevated: true });
      const program = await machine().caller({ elevated: true });
      const start = (await machine().block(14)) + 1;
      const within = { startPort: start, numberOfPorts: 12 };
      await program.call('bind', await program.call('socket', 'tcp', 23), start + 2);
      await program.call('create', 'tcp', start + 6, 1);
      const params = { protocol: 'tcp', lifetime: 'persistent', numberOfPorts: 5, within } as const;
      const { range } = only(await worker.request('reservation/create', params));
      expect(range).toEqual({ startPort: start + 7, numberOfPorts: 5 });
      expect(await program.call('lookup', 'tcp', start + 7, 5)).toMatchObject({ code: 0 });
      const none = await worker.refusal('reservation/create', params);
      expect(none).toMatchObject({ name: 'NoFreeRange', code: 5 });
    });

    elevated('a large block keeps clear of the sockets in the system tables', async () => {
      const worker = await machine().worker({ elevated: true });
      const program = await machine().caller({ elevated: true });
      const start = (await machine().block(42)) + 1;
      for (const [family, offset] of [
        [2, 3],
        [23, 7],
      ] as const) {
        const socket = await program.call('socket', 'tcp', family);
        await program.call('bind', socket, start + offset);
        await program.call('listen', socket);
      }
      const within = { startPort: start, numberOfPorts: 40 };
      const params = { protocol: 'tcp', lifetime: 'persistent', numberOfPorts: 32, within } as const;
      const { range } = only(await worker.request('reservation/create', params));
      expect(range).toEqual({ startPort: start + 8, numberOfPorts: 32 });
      await expectReserved(program, 'tcp', start + 8, 32);
    });

    simulated('a race lost at Create goes on with the next hole', async () => {
      const faults = { CreatePersistentUdpPortReservation: { code: 32, times: 1 } };
      const worker = await machine().worker({ elevated: true, faults });
      const within = { startPort: await machine().block(16), numberOfPorts: 16 };
      const params = { protocol: 'udp', lifetime: 'persistent', numberOfPorts: 4, within } as const;
      const { range, token } = only(await worker.request('reservation/create', params));
      expect(overlap(range, within)).toBe(true);
      expect(only(await worker.request('reservation/lookup', { protocol: 'udp', range }))).toMatchObject({ token });
    });

    const again = { protocol: 'tcp', lifetime: 'persistent', numberOfPorts: 3, ifExists: 'return' } as const;

    elevated('ifExists return gives what is there unchanged, and nothing wider', async () => {
      const worker = await machine().worker({ elevated: true });
      const params = { ...again, startPort: await machine().block(4) };
      const first = only(await worker.request('reservation/create', { ...params, name: 'first' }));
      expect(only(await worker.request('reservation/create', { ...params, name: 'second' }))).toEqual(first);
      const wider = { ...params, numberOfPorts: 4 };
      expect(await worker.refusal('reservation/create', wider)).toMatchObject({ name: 'RangeReserved' });
    });

    testWith(
      windows,
      'elevated',
      'others',
    )('ifExists return gives what another program made', async () => {
      const worker = await machine().worker({ elevated: true });
      const program = await machine().caller({ elevated: true });
      const startPort = await machine().block(3);
      const { token } = await program.call('create', 'tcp', startPort, 3);
      const theirs = only(await worker.request('reservation/create', { ...again, startPort, name: 'mine' }));
      expect(theirs).toMatchObject({ token, range: { startPort } });
      expect(theirs).not.toHaveProperty('name');
    });

    simulated('ifExists return, when another program creates it between Lookup and Create', async () => {
      const program = await machine().caller({ elevated: true });
      const start = await machine().block(3);
      const { token } = await program.call('create', 'tcp', start, 3);
      const faults = { LookupPersistentTcpPortReservation: { code: 1168, times: 1 } };
      const worker = await machine().worker({ elevated: true, faults });
      const params = { protocol: 'tcp', lifetime: 'persistent', numberOfPorts: 3, startPort: start } as const;
      expect(only(await worker.request('reservation/create', { ...params, ifExists: 'return' }))).toMatchObject({
        token,
      });
      expect(await worker.refusal('reservation/create', params)).toMatchObject({ name: 'RangeReserved', osCode: '32' });
    });
  });
}
