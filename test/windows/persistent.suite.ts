import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { PortRange } from '../../src/protocol/generated/contract.ts';
import { only } from '../support/only.ts';
import { expectFree, expectReserved } from './support/ports.ts';
import { eachMachine, testWith, type Windows } from './support/windows.ts';

/** CreatePersistent…, LookupPersistent… and DeletePersistent…PortReservation, from the worker. */
export function persistentSuite(windows: Windows): void {
  const elevated = testWith(windows, 'elevated');
  const withOthers = testWith(windows, 'elevated', 'others');

  describe('persistent reservations', () => {
    const machine = eachMachine(windows);
    const create = (protocol: 'tcp' | 'udp', startPort: number, numberOfPorts: number) =>
      ({ protocol, startPort, numberOfPorts, lifetime: 'persistent' }) as const;

    elevated('create closes exactly the range, in exactly the protocol, to programs without the token', async () => {
      const worker = await machine().worker({ elevated: true });
      const program = await machine().caller({ elevated: true });
      for (const [protocol, other] of [
        ['tcp', 'udp'],
        ['udp', 'tcp'],
      ] as const) {
        const start = (await machine().block(6)) + 1;
        const made = only(await worker.request('reservation/create', create(protocol, start, 4)));
        expect(made).toMatchObject({ protocol, range: { startPort: start, numberOfPorts: 4 }, provider: 'windows' });
        expect(made).toMatchObject({ lifetime: 'persistent', enforcement: 'kernel' });
        expect(made.owner).not.toHaveProperty('processId');
        await expectReserved(program, protocol, start, 4);
        await expectFree(program, other, start, 4);
        expect(await program.call('lookup', protocol, start, 4)).toEqual({ code: 0, token: made.token });
      }
    });

    elevated('lookup finds exactly the range that was created', async () => {
      const worker = await machine().worker({ elevated: true });
      const start = await machine().block(8);
      const { token } = only(
        await worker.request('reservation/create', { ...create('tcp', start + 2, 4), name: 'web' }),
      );
      const at = (offset: number, numberOfPorts: number) => ({ startPort: start + offset, numberOfPorts });
      const exact = { protocol: 'tcp', range: at(2, 4) } as const;
      expect(only(await worker.request('reservation/lookup', exact))).toMatchObject({ ...exact, token, name: 'web' });
      for (const range of [at(2, 3), at(3, 3), at(1, 5), at(2, 5)])
        expect(await worker.refusal('reservation/lookup', { protocol: 'tcp', range })).toMatchObject({
          name: 'NotFound',
        });
      expect(await worker.refusal('reservation/lookup', { ...exact, protocol: 'udp' })).toMatchObject({ code: 4 });
    });

    elevated('a port in use and a reserved range are told apart', async () => {
      const worker = await machine().worker({ elevated: true });
      const program = await machine().caller({ elevated: true });
      const start = await machine().block(8);
      await program.call('bind', await program.call('socket', 'tcp'), start + 1);
      const inUse = await worker.refusal('reservation/create', create('tcp', start, 3));
      expect(inUse).toMatchObject({
        name: 'PortInUse',
        ...windows.said('CreatePersistentTcpPortReservation', '32'),
      });
      expect(inUse.message).not.toMatch(/file/i);
      await program.call('create', 'tcp', start + 4, 3);
      const reserved = await worker.refusal('reservation/create', create('tcp', start + 4, 3));
      expect(reserved).toMatchObject({
        name: 'RangeReserved',
        ...windows.said(undefined, '32'),
        target: `tcp ${start + 4}-${start + 6}`,
      });
      expect(reserved.message).not.toMatch(/file/i);
    });

    elevated('a range over one that this product made names it', async () => {
      const [one, other] = [await machine().worker({ elevated: true }), await machine().worker({ elevated: true })];
      const start = await machine().block(6);
      await one.request('reservation/create', { ...create('udp', start, 4), name: 'game' });
      const refusal = await other.refusal('reservation/create', create('udp', start + 3, 3));
      expect(refusal).toMatchObject({ name: 'RangeReserved', code: 3 });
      expect(refusal.message).toContain(`udp ${start}-${start + 3} "game"`);
    });

    elevated('list joins name, reason and owner, and the ledger keeps no token', async () => {
      const worker = await machine().worker({ elevated: true });
      const start = await machine().block(5);
      const params = { ...create('tcp', start, 5), name: 'web', reason: 'the shop ü' };
      const { token, owner } = only(await worker.request('reservation/create', params));
      const { reservations } = await (await machine().worker({ elevated: true })).request('reservation/list', {});
      const found = { token, name: 'web', reason: 'the shop ü', owner, createdAt: expect.any(String) };
      expect(reservations).toContainEqual(expect.objectContaining(found));
      const ledger = readFileSync(machine().ledgerFile(true), 'utf8');
      expect(ledger).toContain('"name":"web"');
      expect(ledger).not.toContain(token);
      expect(ledger).not.toContain('token');
    });

    withOthers(
      'release frees it, and what another program deletes is told as lost, and made again when asked for',
      async () => {
        const worker = await machine().worker({ elevated: true });
        const program = await machine().caller({ elevated: true });
        const start = await machine().block(6);
        const [one, other] = [
          only(await worker.request('reservation/create', create('tcp', start, 3))),
          only(await worker.request('reservation/create', create('tcp', start + 3, 3))),
        ];
        expect(only(await worker.request('reservation/release', { token: one.token }))).toEqual({
          ...one,
          state: undefined,
        });
        expect(await program.call('lookup', 'tcp', start, 3)).toEqual({ code: 1168 });
        expect(await program.call('delete', 'tcp', start + 3, 3)).toEqual({ code: 0 });
        const { protocol, range } = other;
        expect(await worker.refusal('reservation/lookup', { protocol, range })).toMatchObject({ name: 'NotFound' });
        const listed = async () => {
          const { reservations, warnings } = await worker.request('reservation/list', { protocol: 'tcp' });
          return { mine: reservations.filter((item) => item.range.startPort === range.startPort), warnings };
        };
        const { mine, warnings } = await listed();
        expect(mine).toEqual([{ ...other, token: undefined, state: 'lost' }]);
        expect(warnings).toEqual([
          expect.stringContaining(`lacks what is recorded: tcp ${range.startPort}-${range.startPort + 2}`),
        ]);
        const asked = { protocol: ['tcp'] as ['tcp'], ranges: [range] as [PortRange] };
        const { ports } = await worker.request('port/inspect', asked);
        expect(ports[0]).toMatchObject({
          verdict: 'reserved',
          explanation: expect.stringContaining('by the record alone: the system has lost it'),
          remedy: { action: 'restore', range },
        });
        const again = only(await worker.request('reservation/create', create('tcp', range.startPort, 3)));
        expect(again).toMatchObject({ state: 'inForce', token: expect.any(String) });
        expect(await listed()).toEqual({ mine: [again], warnings: undefined });
        expect(await program.call('delete', 'tcp', range.startPort, 3)).toEqual({ code: 0 });
        expect(only(await worker.request('reservation/release', { protocol, range }))).toMatchObject({ state: 'lost' });
        expect(await listed()).toEqual({ mine: [], warnings: undefined });
        await expectFree(program, 'tcp', start, 6);
        expect(only(await worker.request('reservation/create', create('tcp', start + 2, 4)))).toMatchObject({
          protocol,
        });
      },
    );

    withOthers('one that another program made can be looked up and released', async () => {
      const worker = await machine().worker({ elevated: true });
      const program = await machine().caller({ elevated: true });
      const start = await machine().block(3);
      const { token } = await program.call('create', 'udp', start, 3);
      const exact = { protocol: 'udp', range: { startPort: start, numberOfPorts: 3 } } as const;
      const found = { ...exact, token, lifetime: 'persistent', enforcement: 'kernel', provider: 'windows' };
      expect(only(await worker.request('reservation/lookup', exact))).toEqual({ ...found, state: 'foreign' });
      expect(only(await worker.request('reservation/release', exact))).toEqual(found);
      expect(await program.call('lookup', 'udp', start, 3)).toEqual({ code: 1168 });
    });

    testWith(windows, 'both rights')('without elevation, only looking is allowed', async () => {
      const [admin, user] = [await machine().worker({ elevated: true }), await machine().worker({ elevated: false })];
      const program = await machine().caller({ elevated: true });
      const start = await machine().block(9);
      const denied = await user.refusal('reservation/create', create('tcp', start, 3));
      expect(denied).toMatchObject({
        name: 'AccessDenied',
        osCode: '5',
        hint: expect.stringContaining('administrator'),
      });
      await expectFree(program, 'tcp', start, 3);
      const made = only(await admin.request('reservation/create', { ...create('tcp', start, 3), name: 'ours' }));
      const { token } = await program.call('create', 'tcp', start + 4, 3);
      const theirs = { protocol: 'tcp', range: { startPort: start + 4, numberOfPorts: 3 } } as const;
      const { protocol, range } = made;
      expect(only(await user.request('reservation/lookup', { protocol, range }))).toEqual(made);
      expect(only(await user.request('reservation/lookup', theirs))).toMatchObject({ token });
      for (const wanted of [{ protocol, range }, theirs]) {
        const refusal = await user.refusal('reservation/release', wanted);
        expect(refusal).toMatchObject({ name: 'AccessDenied', hint: expect.stringMatching(/elevated|administrator/) });
        expect((await program.call('lookup', 'tcp', wanted.range.startPort, 3)).code).toBe(0);
      }
    });

    testWith(windows, 'ordinary')('an ordinary process is refused with what to do', async () => {
      const worker = await machine().worker({ elevated: false });
      const start = await machine().block(2);
      const denied = await worker.refusal('reservation/create', create('udp', start, 2));
      expect(denied).toMatchObject({ name: 'AccessDenied', code: 1, osCode: '5', target: `udp ${start}-${start + 1}` });
      expect(denied.hint).toContain('Run as administrator');
    });

    test('a bad range is refused before any call, and changes nothing', async () => {
      const worker = await machine().worker();
      for (const [startPort, numberOfPorts] of [
        [65530, 7],
        [1, 65536],
        [0, 1],
        [70000, 1],
      ] as const) {
        const refusal = await worker.refusal('reservation/create', create('tcp', startPort, numberOfPorts));
        expect(refusal, `${startPort} ${numberOfPorts}`).toMatchObject({ code: -32602 });
      }
      expect((await worker.request('reservation/list', {})).reservations).toEqual([]);
    });
  });
}
