import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { only } from '../support/only.ts';
import { expectFree, expectReserved } from './support/ports.ts';
import { runtimeOf, runtimeText } from './support/records.ts';
import { eachMachine, testWith, type Windows } from './support/windows.ts';

/** What ends with a worker, and what a reboot leaves. */
export function lifetimeSuite(windows: Windows): void {
  describe('the end of a worker and of the system', () => {
    const machine = eachMachine(windows);

    test('the ports of a killed worker are free at once, and its record is dropped', async () => {
      const [worker, other, program] = [await machine().worker(), await machine().worker(), await machine().caller()];
      const start = (await machine().block(5)) + 1;
      const params = { protocol: 'tcp', startPort: start, numberOfPorts: 3, name: 'short' } as const;
      await worker.request('reservation/create', params);
      await expectReserved(program, 'tcp', start, 3);
      await worker.kill();
      await expectFree(program, 'tcp', start, 3);
      expect((await other.request('reservation/list', { name: 'short' })).reservations).toEqual([]);
      expect(only(await other.request('reservation/create', { ...params, name: 'next' }))).toMatchObject({
        name: 'next',
      });
      expect(runtimeText(machine().ledgerFile())).not.toContain('short');
    });

    test('the end of input ends the worker, its reservations and their records', async () => {
      const [worker, program] = [await machine().worker(), await machine().caller()];
      const start = await machine().block(3);
      await worker.request('reservation/create', { protocol: 'udp', startPort: start, numberOfPorts: 3 });
      expect(await worker.end()).toMatchObject({ code: 0, stderr: '' });
      await expectFree(program, 'udp', start, 3);
      expect(readdirSync(runtimeOf(machine().ledgerFile()))).toEqual([]);
    });

    testWith(
      windows,
      'elevated',
      'reboot',
    )('a reboot leaves the persistent reservations, with other tokens, and ends the runtime ones', async () => {
      const before = await machine().worker({ elevated: true });
      const start = (await machine().block(8)) + 1;
      const params = { protocol: 'udp', startPort: start, numberOfPorts: 3, name: 'game' } as const;
      const made = only(await before.request('reservation/create', { ...params, lifetime: 'persistent' }));
      await before.request('reservation/create', { protocol: 'udp', startPort: start + 4, numberOfPorts: 2 });
      await machine().reboot();
      const [worker, program] = [await machine().worker({ elevated: true }), await machine().caller()];
      const { reservations } = await worker.request('reservation/list', { protocol: 'udp' });
      expect(reservations).toEqual([{ ...made, token: expect.any(String) }]);
      const { token } = reservations[0]!;
      expect(token).not.toBe(made.token);
      expect(only(await worker.request('reservation/probe', { token }))).toEqual({
        protocol: 'udp',
        port: expect.any(Number),
      });
      await expectReserved(program, 'udp', start, 3);
      await expectFree(program, 'udp', start + 4, 2);
      expect(await worker.refusal('reservation/release', { token: made.token! })).toMatchObject({ name: 'NotFound' });
      await worker.request('reservation/release', { token });
      await expectFree(program, 'udp', start, 3);
    });
  });
}
