import { describe, expect } from 'vitest';
import { formatPorts } from '../../src/protocol/ranges.ts';
import { only } from '../support/only.ts';
import { expectFree, expectReserved } from './support/ports.ts';
import { eachMachine, testWith, type Windows } from './support/windows.ts';
import type { WindowsWorker } from './support/worker.ts';

const apply = async (worker: WindowsWorker, reservations: object[], prune = true) => {
  const text = JSON.stringify({ name: 'shop', reservations });
  const { changes, failed } = await worker.request('desiredState/apply', { text, format: 'json', prune });
  const lines = changes.map(({ action, protocol, range, error }) =>
    [action, formatPorts(protocol, range), ...(error ? [error.name] : [])].join(' '),
  );
  return { lines, failed };
};

/** Documents over the system's own reservations. */
export function desiredStateSuite(windows: Windows): void {
  const elevated = testWith(windows, 'elevated');

  describe('a desired-state document', () => {
    const machine = eachMachine(windows);

    elevated('is made so in the system, the second time changes nothing, and what is pruned is free', async () => {
      const worker = await machine().worker({ elevated: true });
      const program = await machine().caller({ elevated: true });
      const start = await machine().block(12);
      const web = { protocol: 'tcp', startPort: start, numberOfPorts: 3, name: 'web' };
      const dns = { protocol: ['tcp', 'udp'], startPort: start + 6, numberOfPorts: 2, name: 'dns' };
      expect((await apply(worker, [web, dns])).failed).toBe(0);
      await expectReserved(program, 'tcp', start, 3);
      await expectReserved(program, 'udp', start + 6, 2);
      const { lines } = await apply(worker, [web, dns]);
      expect(lines.map((line) => line.split(' ')[0])).toEqual(['none', 'none', 'none']);

      const larger = { ...web, startPort: start + 1, numberOfPorts: 4 };
      expect(await apply(worker, [larger])).toEqual({
        failed: 0,
        lines: [
          `release tcp ${start + 6}-${start + 7}`,
          `release udp ${start + 6}-${start + 7}`,
          `release tcp ${start}-${start + 2}`,
          `create tcp ${start + 1}-${start + 4}`,
        ],
      });
      await expectFree(program, 'udp', start + 6, 2);
      await expectFree(program, 'tcp', start, 1);
      await expectReserved(program, 'tcp', start + 1, 4);
    });

    testWith(
      windows,
      'elevated',
      'others',
    )('adopts what another program reserved, without giving it back in between', async () => {
      const worker = await machine().worker({ elevated: true });
      const program = await machine().caller({ elevated: true });
      const start = await machine().block(3);
      const { token } = (await program.call('create', 'tcp', start, 3)) as { token: string };
      const web = { protocol: 'tcp', startPort: start, numberOfPorts: 3, name: 'web' };
      const ports = `tcp ${start}-${start + 2}`;
      // It is known beforehand where netsh shows it, which the lab's does not.
      const action = expect.stringMatching(`^(update|create) ${ports}$`);
      expect(await apply(worker, [web])).toEqual({ failed: 0, lines: [action] });
      const range = { startPort: start, numberOfPorts: 3 };
      const found = only(await worker.request('reservation/lookup', { protocol: 'tcp', range }));
      expect(found).toMatchObject({ token, name: 'web', document: 'shop' });
      expect(await apply(worker, [])).toEqual({ failed: 0, lines: [`release ${ports}`] });
      await expectFree(program, 'tcp', start, 3);
    });

    elevated('reserves for the others where one entry is taken', async () => {
      const worker = await machine().worker({ elevated: true });
      const program = await machine().caller({ elevated: true });
      const start = await machine().block(8);
      await program.call('bind', await program.call('socket', 'tcp'), start + 1);
      const entries = [0, 4].map((offset) => ({ protocol: 'tcp', startPort: start + offset, numberOfPorts: 3 }));
      expect(await apply(worker, entries)).toEqual({
        failed: 1,
        lines: [`create tcp ${start}-${start + 2} PortInUse`, `create tcp ${start + 4}-${start + 6}`],
      });
      await expectReserved(program, 'tcp', start + 4, 3);
    });
  });
}
