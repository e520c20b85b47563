import { userInfo } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { PortInspectParams, ReservationCreateParams } from '../../src/protocol/generated/contract.ts';
import type { Caller } from '../lab/caller.ts';
import { eachMachine, testWith, type Windows } from './support/windows.ts';

/** `port/inspect`, `port/find` and `reservation/createAll`, on the system's own tables of sockets and processes. */
export function inspectSuite(windows: Windows): void {
  describe('what a port is', () => {
    const machine = eachMachine(windows);
    const one = (startPort: number) => ({ startPort, numberOfPorts: 1 });

    /** All that is to be said of a process of this very user. */
    const whole = (program: Caller, address: string) => ({
      addresses: [address],
      processId: program.process.pid,
      processName: 'node.exe',
      executable: expect.stringMatching(/\\node\.exe$/i),
      user: expect.stringMatching(new RegExp(`^.+\\\\${userInfo().username}$`, 'i')),
    });

    test('who receives, listens, is connected or only bound', async () => {
      const [worker, program] = [await machine().worker(), await machine().caller()];
      const start = await machine().block(4);
      const sockets = new Map<number, number>();
      for (const port of [start, start + 1, start + 2]) {
        sockets.set(port, await program.call('socket', 'tcp'));
        await program.call('bind', sockets.get(port)!, port);
      }
      await program.call('listen', sockets.get(start)!);
      await program.call('connect', sockets.get(start + 1)!, start);
      const receiving = await program.call('socket', 'udp');
      await program.call('bind', receiving, start + 2);
      // Wine's tables say whose a socket is once it was sent from.
      for (const socket of [sockets.get(start + 1)!, receiving]) await program.call('sendTo', socket, start);
      const ranges = [{ startPort: start, numberOfPorts: 4 }];
      const { ports, warnings } = await worker.request('port/inspect', { protocol: ['tcp', 'udp'], ranges });
      expect(warnings).toBeUndefined();
      expect(ports.map(({ port, protocol, verdict }) => `${port - start} ${protocol} ${verdict}`)).toEqual([
        '0 tcp listening',
        '0 udp free',
        '1 tcp boundNotListening',
        '1 udp free',
        '2 tcp boundNotListening',
        '2 udp listening',
        '3 tcp free',
        '3 udp free',
      ]);
      const [listener, , connected, , , receiver] = ports;
      // Wine keeps listeners in its server, so its tables do not know whose they are.
      if (!windows.abilities.has('simulation')) expect(listener!.holders[0]).toMatchObject(whole(program, '0.0.0.0'));
      expect(listener!.holders[0]!.state).toBe('listening');
      expect(connected!.holders).toEqual([{ state: 'connected', ...whole(program, '127.0.0.1') }]);
      expect(receiver!.holders).toEqual([{ state: 'listening', ...whole(program, '0.0.0.0') }]);
      const { user, processId } = receiver!.holders[0]!;
      expect(receiver!.explanation).toContain(`node.exe (process ${processId}, user ${user}) receives on 0.0.0.0`);
      expect(receiver!.remedy).toMatchObject({ run: `Stop-Process -Id ${processId} -Force` });
    });

    test('a reservation of ours, here and in another worker, and what stays free', async () => {
      const [worker, other] = [await machine().worker(), await machine().worker()];
      const startPort = await machine().block(3);
      await worker.request('reservation/create', {
        protocol: ['tcp', 'udp'],
        startPort,
        numberOfPorts: 2,
        name: 'web',
      });
      const asked: PortInspectParams = { protocol: ['tcp', 'udp'], ranges: [one(startPort + 1), one(startPort + 2)] };
      const [here, there] = [await worker.request('port/inspect', asked), await other.request('port/inspect', asked)];
      for (const { ports } of [here, there]) {
        expect(ports.map(({ protocol, verdict }) => `${protocol} ${verdict}`)).toEqual([
          'tcp reserved',
          'udp reserved',
          'tcp free',
          'udp free',
        ]);
        expect(ports[0]).toMatchObject({ canBind: false, explanation: expect.stringContaining('"web"') });
      }
      expect(here.ports[0]!.remedy).toMatchObject({ action: 'release' });
      expect(there.ports[0]!.remedy).toMatchObject({ run: `Stop-Process -Id ${worker.process.pid} -Force` });
      const within = { startPort, numberOfPorts: 3 };
      const found = await other.request('port/find', { protocol: ['tcp', 'udp'], within });
      expect(found.ranges).toEqual([one(startPort + 2)]);
    });

    test('the same numbers in both protocols or in none', async () => {
      const [worker, program] = [await machine().worker(), await machine().caller()];
      const startPort = await machine().block(6);
      await program.call('bind', await program.call('socket', 'udp'), startPort + 1);
      const params: ReservationCreateParams = { protocol: ['tcp', 'udp'], numberOfPorts: 3 };
      const refused = await worker.refusal('reservation/create', { ...params, startPort });
      expect(refused).toMatchObject({
        name: 'PortInUse',
        port: startPort + 1,
        target: `udp ${startPort}-${startPort + 2}`,
      });
      expect((await worker.request('reservation/list', {})).reservations).toEqual([]);
      const within = { startPort, numberOfPorts: 6 };
      const made = await worker.request('reservation/create', { ...params, within });
      expect(made.reservations.map(({ protocol, range }) => [protocol, range.startPort > startPort + 1])).toEqual([
        ['tcp', true],
        ['udp', true],
      ]);
    });

    testWith(windows, 'simulation')('what this user may not see of a process is said, not guessed', async () => {
      const program = await machine().caller();
      const worker = await machine().worker({ faults: { OpenProcess: 5 } });
      const start = await machine().block(1);
      const receiving = await program.call('socket', 'udp', 23);
      await program.call('bind', receiving, start, true);
      await program.call('sendTo', receiving, start);
      const { ports, warnings } = await worker.request('port/inspect', { protocol: ['udp'], ranges: [one(start)] });
      const { pid } = program.process;
      expect(ports[0]!.holders).toEqual([
        { state: 'listening', addresses: ['::1'], processId: pid, processName: 'node.exe' },
      ]);
      expect(warnings).toEqual([`This user may not see who runs process ${pid} (node.exe); an elevated session can.`]);
    });

    testWith(windows, 'simulation')(
      'the dynamic range is what netsh says, and a port in it is said to be',
      async () => {
        const [worker, program] = [await machine().worker(), await machine().caller({ elevated: true })];
        const usual = { startPort: 49_152, numberOfPorts: 16_384 };
        expect(await worker.request('system/dynamicRange', {})).toEqual({
          dynamicRanges: [
            { protocol: 'tcp', range: usual },
            { protocol: 'udp', range: usual },
          ],
        });
        const start = await machine().block(1);
        await program.call('netsh', 'interface', 'ipv4', 'set', 'dynamicport', 'tcp', 'start=1025', 'num=60000');
        const { dynamicRanges, warnings } = await worker.request('system/dynamicRange', { protocol: 'tcp' });
        expect(dynamicRanges).toEqual([{ protocol: 'tcp', range: { startPort: 1025, numberOfPorts: 60_000 } }]);
        expect(warnings).toHaveLength(1);
        for (const family of ['ipv4', 'ipv6'])
          for (const kind of ['tcp', 'udp'])
            expect(warnings![0]).toContain(`netsh interface ${family} set dynamicport ${kind} start=49152 num=16384`);
        expect(warnings![0]).toMatch(/restart Windows: WinNAT/);
        const { ports } = await worker.request('port/inspect', { protocol: ['tcp', 'udp'], ranges: [one(start)] });
        expect(ports.map(({ verdict }) => verdict)).toEqual(['inDynamicRange', 'free']);
      },
    );
  });
}
