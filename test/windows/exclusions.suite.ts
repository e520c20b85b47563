import { describe, expect } from 'vitest';
import { only } from '../support/only.ts';
import { bindAll } from './support/ports.ts';
import { eachMachine, testWith, type Windows } from './support/windows.ts';

/** Administrators' exclusions, which netsh makes: kept from automatic choice, and open to everyone who names the port. */
export function exclusionsSuite(windows: Windows): void {
  const elevated = testWith(windows, 'elevated');

  describe('exclusions', () => {
    const machine = eachMachine(windows);

    elevated('add, again, list, inspect and remove', async () => {
      const worker = await machine().worker({ elevated: true });
      const program = await machine().caller({ elevated: true });
      const netsh = async (store: string) => {
        const { output } = await program.call('netsh', 'interface', 'ipv6', 'show', 'excludedportrange', 'udp', store);
        return output.replace(/ +/g, ' ');
      };
      const start = (await machine().block(4)) + 1;
      const range = { startPort: start, numberOfPorts: 2 };
      const params = { protocol: 'udp', range, name: 'game', reason: 'tests' } as const;
      const made = only(await worker.request('exclusion/add', params));
      const facts = { protocol: 'udp', range, store: 'persistent', source: 'netsh', administered: true, own: true };
      expect(made).toMatchObject({ ...facts, name: 'game', reason: 'tests', owner: { user: expect.any(String) } });
      for (const store of ['active', 'persistent']) expect(await netsh(store)).toContain(` ${start} ${start + 1} *`);
      expect(await bindAll(program, 'udp', start - 1, 4)).toEqual([0, 0, 0, 0]);

      expect(only(await worker.request('exclusion/add', { ...params, store: 'active', name: 'other' }))).toEqual(made);
      const listed = await worker.request('exclusion/list', { protocol: 'udp', port: start + 1 });
      expect(listed).toEqual({ exclusions: [made] });
      const { ports } = await worker.request('port/inspect', {
        protocol: ['udp'],
        ranges: [{ startPort: start - 1, numberOfPorts: 3 }],
      });
      expect(ports.map(({ verdict }) => verdict)).toEqual(['free', ...Array(2).fill('excludedByAdministrator')]);
      expect(ports[1]!.exclusion).toEqual({ ...made, state: undefined });

      expect(only(await worker.request('exclusion/remove', { protocol: 'udp', range }))).toEqual({
        ...made,
        state: undefined,
      });
      for (const store of ['active', 'persistent']) expect(await netsh(store)).not.toContain(` ${start} ${start + 1} `);
      const gone = await worker.refusal('exclusion/remove', { protocol: 'udp', range });
      expect(gone).toMatchObject({ name: 'NotFound' });
    });

    elevated('one until the next restart, made persistent when asked again', async () => {
      const worker = await machine().worker({ elevated: true });
      const program = await machine().caller({ elevated: true });
      const startPort = await machine().block(1);
      const params = { protocol: 'tcp', range: { startPort, numberOfPorts: 1 } } as const;
      const isLasting = async () => {
        const { output } = await program.call('netsh', 'int', 'ipv4', 'show', 'excludedportrange', 'tcp', 'persistent');
        return new RegExp(`^ +${startPort} +${startPort} +\\*`, 'm').test(output);
      };
      expect(only(await worker.request('exclusion/add', { ...params, store: 'active' }))).toMatchObject({
        store: 'active',
      });
      expect(await isLasting()).toBe(false);
      expect(only(await worker.request('exclusion/add', params))).toMatchObject({ store: 'persistent', own: true });
      expect(await isLasting()).toBe(true);
      await worker.request('exclusion/remove', params);
    });

    elevated('what stands against one is told apart', async () => {
      const worker = await machine().worker({ elevated: true });
      const program = await machine().caller({ elevated: true });
      const start = await machine().block(10);
      await program.call('bind', await program.call('socket', 'tcp', 23), start + 1);
      await program.call('create', 'tcp', start + 3, 2);
      await program.call('netsh', 'int', 'ipv4', 'add', 'excludedportrange', 'tcp', `${start + 8}`, '1', 'active');
      const refusalOf = (offset: number, numberOfPorts = 2) =>
        worker.refusal('exclusion/add', { protocol: 'tcp', range: { startPort: start + offset, numberOfPorts } });
      expect(await refusalOf(0)).toMatchObject({
        name: 'PortInUse',
        port: start + 1,
        target: `tcp ${start}-${start + 1}`,
      });
      const reserved = await refusalOf(4);
      expect(reserved).toMatchObject({
        name: 'RangeReserved',
        hint: expect.stringContaining('remove that reservation'),
      });
      expect(reserved.message).toContain(`the persistent reservation tcp ${start + 3}-${start + 4}`);
      expect(await refusalOf(7)).toMatchObject({ name: 'RangeExcluded' });
      await worker.request('reservation/create', { protocol: 'tcp', startPort: start + 6, name: 'mine' });
      expect((await refusalOf(6, 1)).message).toContain('the runtime reservation');
      const range = { startPort: start + 8, numberOfPorts: 1 };
      expect(await worker.refusal('exclusion/remove', { protocol: 'tcp', range })).toMatchObject({ name: 'NotOwner' });
      const forced = only(await worker.request('exclusion/remove', { protocol: 'tcp', range, force: true }));
      expect(forced).toMatchObject({ range, own: false, store: 'active' });
      await program.call('delete', 'tcp', start + 3, 2);
      const { exclusions } = await worker.request('exclusion/list', { protocol: 'tcp' });
      expect(exclusions.filter(({ own }) => own)).toEqual([]);
    });

    testWith(windows, 'ordinary')('are listed for everyone, and changed by elevated processes alone', async () => {
      const worker = await machine().worker({ elevated: false });
      const range = { startPort: await machine().block(1), numberOfPorts: 1 };
      const denied = await worker.refusal('exclusion/add', { protocol: 'tcp', range });
      expect(denied).toMatchObject({ name: 'AccessDenied', hint: expect.stringContaining('Run as administrator') });
      const { exclusions, warnings } = await worker.request('exclusion/list', {});
      expect([exclusions.filter(({ own }) => own), warnings]).toEqual([[], undefined]);
    });
  });
}
