import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Caller } from './caller.ts';
import { describeInLab } from './lab.ts';
import { freeBlock } from './ports.ts';
import { Lab, type Machine } from './run.ts';

// The rules of the table in kernel.c, for the six functions of iphlpapi.dll.
describeInLab('simulated kernel: persistent reservations', () => {
  let lab: Lab;
  let machine: Machine;
  let admin: Caller;
  let start: number;

  beforeAll(async () => {
    lab = await Lab.open();
  });
  afterAll(() => lab.close());
  beforeEach(async () => {
    machine = lab.machine();
    admin = await machine.caller({ elevated: true });
    start = await freeBlock(32);
    return async () => {
      await admin.kill();
    };
  });

  test('StartPort is in network order and NumberOfPorts in host order', async () => {
    expect(await admin.call('create', 'tcp', start, 3)).toMatchObject({ code: 0 });
    const socket = await admin.call('socket', 'tcp');
    for (const port of [start, start + 1, start + 2])
      expect(await admin.call('bind', socket, port), `${port}`).toMatchObject({ code: 10013 });
    expect(await admin.call('bind', socket, start + 3)).toEqual({ code: 0, port: start + 3 });
  });

  test.each(['create', 'lookup', 'delete'] as const)('%s of no port or from port 0 is 87', async (call) => {
    for (const protocol of ['tcp', 'udp']) {
      expect(await admin.call(call, protocol, 0, 5)).toEqual({ code: 87 });
      expect(await admin.call(call, protocol, start, 0)).toEqual({ code: 87 });
    }
  });

  test('a block past 65535 is 87 for create and 1168 for lookup and delete', async () => {
    expect(await admin.call('create', 'tcp', 65530, 7)).toEqual({ code: 87 });
    expect(await admin.call('lookup', 'tcp', 65530, 7)).toEqual({ code: 1168 });
    expect(await admin.call('delete', 'tcp', 65530, 7)).toEqual({ code: 1168 });
    expect(await admin.call('create', 'tcp', 65530, 6)).toMatchObject({ code: 0 });
  });

  test('equal and overlapping blocks are 32, adjacent ones stay separate', async () => {
    await admin.call('create', 'udp', start + 4, 4);
    for (const [first, count] of [
      [4, 4],
      [0, 5],
      [7, 2],
      [5, 1],
      [0, 20],
    ] as const)
      expect(await admin.call('create', 'udp', start + first, count), `${first}+${count}`).toEqual({ code: 32 });
    for (const first of [0, 8]) expect(await admin.call('create', 'udp', start + first, 4)).toMatchObject({ code: 0 });
    expect(await admin.call('lookup', 'udp', start, 12)).toEqual({ code: 1168 });
    expect(await admin.call('lookup', 'udp', start + 8, 4)).toMatchObject({ code: 0 });
  });

  test.each([
    ['tcp', 2],
    ['tcp', 23],
    ['udp', 2],
    ['udp', 23],
  ])('a %s port bound by a socket of family %i is 32, and nothing is made', async (protocol, family) => {
    const socket = await admin.call('socket', protocol, family);
    expect(await admin.call('bind', socket, start + 5)).toMatchObject({ code: 0 });
    expect(await admin.call('create', protocol, start, 8)).toEqual({ code: 32 });
    expect(await admin.call('lookup', protocol, start, 8)).toEqual({ code: 1168 });
    expect(await admin.call('create', protocol === 'tcp' ? 'udp' : 'tcp', start, 8)).toMatchObject({ code: 0 });
    await admin.call('close', socket);
    expect(await admin.call('create', protocol, start, 8)).toMatchObject({ code: 0 });
  });

  test('lookup and delete want exactly the block that was created', async () => {
    const { token } = await admin.call('create', 'tcp', start, 6);
    for (const [first, count] of [
      [0, 5],
      [1, 5],
      [0, 7],
      [1, 6],
    ] as const) {
      expect(await admin.call('lookup', 'tcp', start + first, count)).toEqual({ code: 1168 });
      expect(await admin.call('delete', 'tcp', start + first, count)).toEqual({ code: 1168 });
    }
    expect(await admin.call('lookup', 'udp', start, 6)).toEqual({ code: 1168 });
    expect(await admin.call('lookup', 'tcp', start, 6)).toEqual({ code: 0, token });
    expect(await admin.call('delete', 'tcp', start, 6)).toEqual({ code: 0 });
    expect(await admin.call('lookup', 'tcp', start, 6)).toEqual({ code: 1168 });
    expect(await admin.call('bind', await admin.call('socket', 'tcp'), start)).toMatchObject({ code: 0 });
  });

  test('unelevated, create and delete are 5 and lookup works', async () => {
    const user = await machine.caller();
    const { token } = await admin.call('create', 'tcp', start, 2);
    expect(await user.call('create', 'tcp', start + 10, 2)).toEqual({ code: 5 });
    expect(await user.call('delete', 'tcp', start, 2)).toEqual({ code: 5 });
    expect(await user.call('lookup', 'tcp', start, 2)).toEqual({ code: 0, token });
    expect(await user.call('create', 'tcp', 0, 2)).toEqual({ code: 87 });
    expect([await admin.call('elevated'), await user.call('elevated')]).toEqual([true, false]);
    await user.kill();
  });

  test('tokens are unique, wider than 53 bits and negative as a signed number', async () => {
    const tokens = new Set<bigint>();
    for (const protocol of ['tcp', 'udp'])
      for (let i = 0; i < 8; i++) tokens.add(BigInt((await admin.call('create', protocol, start + i, 1)).token!));
    expect(tokens.size).toBe(16);
    for (const token of tokens) {
      expect(BigInt.asIntN(64, token)).toBeLessThan(0n);
      expect(BigInt(Number(token))).not.toBe(token);
    }
  });

  test('after a reboot the blocks are there with other tokens', async () => {
    const before = await admin.call('create', 'tcp', start, 4);
    await machine.reboot();
    admin = await machine.caller({ elevated: true });
    const after = await admin.call('lookup', 'tcp', start, 4);
    expect(after.code).toBe(0);
    expect(after.token).not.toBe(before.token);
    const socket = await admin.call('socket', 'tcp');
    expect(await admin.call('associate', socket, before.token!)).toEqual({ code: 10022, bytes: 0 });
    expect(await admin.call('associate', socket, after.token!)).toEqual({ code: 0, bytes: 0 });
  });

  test('another process sees the block, another machine does not', async () => {
    const { token } = await admin.call('create', 'udp', start, 4);
    const second = await machine.caller({ elevated: true, runtime: 'node20' });
    expect(await second.call('lookup', 'udp', start, 4)).toEqual({ code: 0, token });
    const elsewhere = await lab.machine().caller({ elevated: true });
    expect(await elsewhere.call('lookup', 'udp', start, 4)).toEqual({ code: 1168 });
    await Promise.all([second.kill(), elsewhere.kill()]);
  });

  test('delete while an associated socket is open leaves the socket its port', async () => {
    const { token } = await admin.call('create', 'tcp', start, 1);
    const socket = await admin.call('socket', 'tcp');
    await admin.call('associate', socket, token!);
    expect(await admin.call('bind', socket, start)).toEqual({ code: 0, port: start });
    expect(await admin.call('delete', 'tcp', start, 1)).toEqual({ code: 0 });
    expect(await admin.call('listen', socket)).toEqual({ code: 0 });
    expect(await admin.call('create', 'tcp', start, 1)).toEqual({ code: 32 });
  });

  test('of two processes that create overlapping blocks at the same time, one gets its block', async () => {
    const second = await machine.caller({ elevated: true });
    // The long look at the first block has not come to its last port when the second is asked for just that one.
    const answers = await Promise.all([
      admin.call('create', 'udp', start - 800, 801),
      second.call('create', 'udp', start, 1),
    ]);
    expect(answers.map(({ code }) => code).sort()).toEqual([0, 32]);
    await second.kill();
  });

  test('faults answer in place of the function, as often as asked, and 127 takes the export away', async () => {
    const faulty = await machine.caller({
      elevated: true,
      faults: {
        CreatePersistentTcpPortReservation: { code: 32, times: 1 },
        LookupPersistentTcpPortReservation: 31,
        LookupPersistentUdpPortReservation: 127,
      },
    });
    expect(await faulty.call('create', 'tcp', start, 2)).toEqual({ code: 32 });
    expect(await faulty.call('create', 'tcp', start, 2)).toMatchObject({ code: 0 });
    expect(await faulty.call('lookup', 'tcp', start, 2)).toEqual({ code: 31 });
    await expect(faulty.call('lookup', 'udp', start, 2)).rejects.toThrow('Cannot find function');
    await faulty.kill();
  });

  test('without the simulated kernel Wine has none of it', async () => {
    const plain = await machine.caller({ kernel: false });
    await expect(plain.call('create', 'tcp', start, 2)).rejects.toThrow('Cannot find function');
    const socket = await plain.call('socket', 'tcp');
    expect(await plain.call('acquire', socket, 0, 2)).toMatchObject({ code: 10045 });
    await plain.kill();
  });
});
