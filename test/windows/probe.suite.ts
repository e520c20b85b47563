import { describe, expect } from 'vitest';
import { only } from '../support/only.ts';
import { takeAll } from './support/ports.ts';
import { eachMachine, testWith, type Windows } from './support/windows.ts';

/** `reservation/probe` of persistent reservations: their token is valid in every elevated process. */
export function probeSuite(windows: Windows): void {
  describe('probe of a persistent reservation', () => {
    const machine = eachMachine(windows);

    testWith(windows, 'elevated')('binds any port, then the one that is left, and then none', async () => {
      const [worker, program] = [
        await machine().worker({ elevated: true }),
        await machine().caller({ elevated: true }),
      ];
      for (const protocol of ['tcp', 'udp'] as const) {
        const start = await machine().block(4);
        const range = { startPort: start, numberOfPorts: 4 };
        const { token } = only(
          await worker.request('reservation/create', { protocol, ...range, lifetime: 'persistent' }),
        );
        const { port } = only(await worker.request('reservation/probe', { protocol, range }));
        expect(port).toBeGreaterThanOrEqual(start);
        expect(port).toBeLessThan(start + 4);
        await takeAll(program, protocol, token!, start, 2);
        await takeAll(program, protocol, token!, start + 3, 1);
        expect(only(await worker.request('reservation/probe', { token }))).toEqual({ protocol, port: start + 2 });
        const taken = await worker.refusal('reservation/probe', { token, port: start + 1 });
        expect(taken).toMatchObject({ name: 'PortInUse', target: `${protocol} ${start + 1}` });
        await takeAll(program, protocol, token!, start + 2, 1);
        expect(await worker.refusal('reservation/probe', { protocol, range })).toMatchObject({ name: 'PortInUse' });
      }
    });

    testWith(windows, 'both rights')('is refused without elevation, with what to do', async () => {
      const [admin, user] = [await machine().worker({ elevated: true }), await machine().worker({ elevated: false })];
      const range = { startPort: await machine().block(2), numberOfPorts: 2 };
      await admin.request('reservation/create', { protocol: 'udp', ...range, lifetime: 'persistent' });
      const denied = await user.refusal('reservation/probe', { protocol: 'udp', range });
      expect(denied).toMatchObject({
        name: 'AccessDenied',
        osCode: '10013',
        hint: expect.stringContaining('administrator'),
      });
    });
  });
}
