import { describe, expect } from 'vitest';
import { only } from '../support/only.ts';
import { bindAll } from './support/ports.ts';
import { eachMachine, testWith, type Windows } from './support/windows.ts';

/** A Windows that lacks what is needed: clear errors, no crash. */
export function missingSuite(windows: Windows): void {
  const simulated = testWith(windows, 'simulation');

  describe('a system without port reservations', () => {
    const machine = eachMachine(windows);

    simulated('a missing export is NotSupported, and the other functions go on', async () => {
      const faults = { CreatePersistentTcpPortReservation: 127 };
      const worker = await machine().worker({ elevated: true, faults });
      const start = await machine().block(2);
      const params = { startPort: start, numberOfPorts: 2, lifetime: 'persistent' } as const;
      const refusal = await worker.refusal('reservation/create', { protocol: 'tcp', ...params });
      const osFunction = 'CreatePersistentTcpPortReservation';
      expect(refusal).toMatchObject({ name: 'NotSupported', code: 6, osFunction, osCode: '127' });
      expect(refusal.message).toContain(osFunction);
      expect(only(await worker.request('reservation/create', { protocol: 'udp', ...params }))).toMatchObject({
        protocol: 'udp',
      });
    });

    simulated('Wine by itself has none of it: NotSupported, and nothing is held', async () => {
      const worker = await machine().worker({ kernel: false });
      const program = await machine().caller({ kernel: false });
      const start = await machine().block(3);
      for (const lifetime of ['runtime', 'persistent'] as const)
        for (const protocol of ['tcp', 'udp'] as const) {
          const params = { protocol, lifetime, startPort: start, numberOfPorts: 3 };
          expect(await worker.refusal('reservation/create', params), lifetime).toMatchObject({ name: 'NotSupported' });
        }
      const range = { startPort: start, numberOfPorts: 3 };
      const looked = await worker.refusal('reservation/lookup', { protocol: 'tcp', range });
      expect(looked).toMatchObject({ name: 'NotSupported', osFunction: 'LookupPersistentTcpPortReservation' });
      expect(await bindAll(program, 'tcp', start, 3)).toEqual([0, 0, 0]);
      expect((await worker.request('reservation/list', {})).reservations).toEqual([]);
      expect(await worker.end()).toMatchObject({ code: 0 });
    });

    simulated('another failure of Windows is told with function and code', async () => {
      const faults = { SIO_ACQUIRE_PORT_RESERVATION: 10050, DeletePersistentUdpPortReservation: 31 };
      const worker = await machine().worker({ elevated: true, faults });
      const start = await machine().block(3);
      const params = { protocol: 'udp', startPort: start, numberOfPorts: 3 } as const;
      const acquire = { osFunction: 'SIO_ACQUIRE_PORT_RESERVATION', osCode: '10050' };
      expect(await worker.refusal('reservation/create', params)).toMatchObject({ name: 'OsError', ...acquire });
      const { token } = only(await worker.request('reservation/create', { ...params, lifetime: 'persistent' }));
      const failed = await worker.refusal('reservation/release', { token });
      expect(failed).toMatchObject({ name: 'OsError', osFunction: 'DeletePersistentUdpPortReservation', osCode: '31' });
      expect(
        only(
          await worker.request('reservation/lookup', {
            protocol: 'udp',
            range: { startPort: start, numberOfPorts: 3 },
          }),
        ),
      ).toMatchObject({ token });
    });
  });
}
