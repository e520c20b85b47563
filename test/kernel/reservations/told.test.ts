import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PortStatus } from '../../../src/protocol/generated/contract.ts';
import { refusal } from '../../support/machine.ts';
import { only } from '../../support/only.ts';
import { gateTitle, noGate } from '../gate/support/room.ts';
import { GatedMachine } from './support/gated-machine.ts';

const nobody = 65_534;
const range = { startPort: 21_040, numberOfPorts: 3 };
const exactly = { protocol: 'tcp', range } as const;
const kernel = { protocol: 'tcp', ...range, lifetime: 'persistent', enforcement: 'kernel', name: 'web' } as const;

describe.skipIf(noGate)(gateTitle('what is told of what the kernel enforces'), () => {
  let at: GatedMachine;
  beforeAll(async () => {
    at = await GatedMachine.open();
  });
  beforeEach(() => at.reset());
  afterAll(() => at?.close());

  const system = () => ({ env: at.systemEnv });
  const user = () => ({ env: at.systemEnv, userId: nobody });
  const status = async (who: object, port = 21_041): Promise<PortStatus> => {
    const worker = await at.worker(who);
    const { ports } = await worker.request('port/inspect', {
      protocol: 'tcp',
      ranges: [{ startPort: port, numberOfPorts: 1 }],
    });
    return ports[0]!;
  };

  test.each([
    ['root', undefined],
    ['another user', nobody],
  ])('a port without a socket is explained to %s by the reservation and whom it lets in', async (_who, userId) => {
    const worker = await at.worker(system());
    await worker.request('reservation/create', { ...kernel, allow: { user: 'daemon' }, reason: 'the shop' });
    const asked = { ...system(), ...(userId !== undefined && { userId }) };
    expect(await status(asked)).toMatchObject({
      canBind: false,
      verdict: 'reserved',
      holders: [],
      reservation: { name: 'web', enforcement: 'kernel', allow: { user: 'daemon', userId: 1 }, state: 'inForce' },
      explanation:
        'It is held by the persistent reservation tcp 21040-21042 "web" of root, for "the shop"; the kernel refuses it to ' +
        'all but programs that put its token on the socket before bind, and processes of user daemon.',
    });
  });

  test('a port that lets this user in says so', async () => {
    const worker = await at.worker(system());
    await worker.request('reservation/create', { ...kernel, allow: { user: 'nobody' } });
    expect(await status(user())).toMatchObject({
      canBind: true,
      verdict: 'reserved',
      explanation: expect.stringContaining('which lets this user in'),
    });
  });

  test('a port of a ledger that is not seen here is explained by what the kernel knows', async () => {
    const other = await at.worker();
    await other.request('reservation/create', kernel);
    expect(await status(system())).toMatchObject({
      verdict: 'refused',
      explanation: expect.stringContaining('a reservation of tcp 21040-21042 that no ledger has which is seen here'),
    });
    const worker = await at.worker(system());
    const refused = await refusal(worker.request('reservation/create', { ...kernel, startPort: 21_042 }));
    expect([refused.errorName, refused.message]).toEqual(['RangeReserved', expect.stringContaining('21042')]);
  });

  test('a gate that was taken away is said of each reservation, and put back by asking again', async () => {
    const worker = await at.worker(system());
    const params = { ...kernel, ifExists: 'return' } as const;
    const made = only(await worker.request('reservation/create', params));
    expect([made.state, only(await worker.request('reservation/lookup', exactly))]).toEqual(['inForce', made]);
    expect(await at.portreservation(['settle', '--off'], system())).toMatchObject({ code: 0, stderr: '' });
    for (const who of [system(), user()]) {
      const asked = await at.worker(who);
      const { reservations, warnings } = await asked.request('reservation/list', {});
      expect(reservations).toMatchObject([{ name: 'web', state: 'lost' }]);
      expect(warnings).toEqual([
        expect.stringContaining('The kernel does not enforce what is recorded: tcp 21040-21042.'),
      ]);
    }
    expect(await status(system())).toMatchObject({
      canBind: true,
      explanation: expect.stringContaining('the kernel does not enforce it now'),
    });
    expect((await at.portreservation(['get'], system())).stderr).toContain('does not enforce');
    expect(only(await worker.request('reservation/create', params))).toEqual(made);
    expect([await at.bind(21_041), await at.bind(21_041, { token: made.token! })]).toEqual(['EADDRINUSE', 'bound']);
  });

  test('a change of something else puts it back, and is not kept from it where that cannot be', async () => {
    const worker = await at.worker(system());
    const other = { protocol: 'udp', startPort: 22_000, lifetime: 'persistent' } as const;
    await worker.request('reservation/create', kernel);
    await at.portreservation(['settle', '--off'], system());
    await worker.request('reservation/create', other);
    expect(await at.bind(21_041)).toBe('EADDRINUSE');
    await at.portreservation(['settle', '--off'], system());
    at.sh('umount /sys/fs/bpf');
    try {
      const { startPort } = other;
      await worker.request('reservation/release', { protocol: 'udp', range: { startPort, numberOfPorts: 1 } });
      const again = await refusal(worker.request('reservation/create', { ...kernel, ifExists: 'return' }));
      expect([again.errorName, again.message]).toEqual(['NotSupported', expect.stringContaining('No BPF file system')]);
      const fresh = { ...kernel, startPort: 21_060 };
      for (const whatIf of [true, false]) {
        const refused = await refusal(worker.request('reservation/create', { ...fresh, whatIf }));
        expect(refused.errorName).toBe('NotSupported');
      }
      expect(at.sh('cat /proc/sys/net/ipv4/ip_local_reserved_ports').trim()).toBe('21040-21042');
    } finally {
      at.sh('mount -t bpf bpf /sys/fs/bpf');
    }
  });

  test('settle restores all and says so', async () => {
    const worker = await at.worker(system());
    await worker.request('reservation/create', kernel);
    await at.portreservation(['settle', '--off'], system());
    const { stdout, code } = await at.portreservation(['settle'], system());
    expect([code, stdout.split('\n')[0]]).toEqual([0, 'The kernel enforces one reservation.']);
    expect(await at.bind(21_041)).toBe('EADDRINUSE');
  });
});
