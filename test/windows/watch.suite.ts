import { describe, expect, test } from 'vitest';
import { only } from '../support/only.ts';
import { eachMachine, type Windows } from './support/windows.ts';

/** The ledger's folder watched by Windows itself. */
export function watchSuite(windows: Windows): void {
  describe('watching', () => {
    const machine = eachMachine(windows);

    test('what another worker adds and removes is told, and what it held when it was killed', async () => {
      const watching = await machine().worker();
      const told: string[] = [];
      let notice = () => {};
      watching.listen('reservation/changed', ({ added, removed }) => {
        told.push(...added.map(({ name }) => `+ ${name}`), ...removed.map(({ name }) => `- ${name}`));
        notice();
      });
      const next = async () => {
        while (told.length === 0) {
          await new Promise<void>((resolve) => {
            notice = resolve;
          });
        }
        return told.shift();
      };
      await watching.request('initialize', { capabilities: { reservationChanged: true } });

      const other = await machine().worker();
      const start = await machine().block(2);
      const create = (startPort: number, name: string) =>
        other.request('reservation/create', { protocol: 'tcp', startPort, name });
      const { token } = only(await create(start, 'one'));
      expect(await next()).toBe('+ one');
      await create(start + 1, 'two');
      expect(await next()).toBe('+ two');
      await other.request('reservation/release', { token });
      expect(await next()).toBe('- one');
      await other.kill();
      expect(await next()).toBe('- two');
    });
  });
}
