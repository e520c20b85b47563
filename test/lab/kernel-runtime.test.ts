import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Caller } from './caller.ts';
import { describeInLab } from './lab.ts';
import { freeBlock } from './ports.ts';
import { Lab, type Machine } from './run.ts';

const ACQUIRE = 0x98000064;
const RELEASE = 0x98000065;
const ASSOCIATE = 0x98000066;

// The rules of the table in kernel.c, for SIO_ACQUIRE_, SIO_ASSOCIATE_ and SIO_RELEASE_PORT_RESERVATION.
describeInLab('simulated kernel: runtime reservations and tokens', () => {
  let lab: Lab;
  let machine: Machine;
  let user: Caller;
  let other: Caller;
  let start: number;

  beforeAll(async () => {
    lab = await Lab.open();
  });
  afterAll(() => lab.close());
  beforeEach(async () => {
    machine = lab.machine();
    [user, other] = await Promise.all([machine.caller(), machine.caller({ runtime: 'node20' })]);
    start = await freeBlock(16);
    return async () => {
      await Promise.all([user.kill(), other.kill()]);
    };
  });

  async function acquired(protocol = 'tcp', count = 4): Promise<{ control: number; token: string }> {
    const control = await user.call('socket', protocol);
    const instance = await user.call('acquire', control, start, count);
    expect(instance).toMatchObject({ code: 0, bytes: 16, startPort: start, numberOfPorts: count });
    return { control, token: instance.token! };
  }

  const acquireElsewhere = async (from = start, count = 4) =>
    (await other.call('acquire', await other.call('socket', 'tcp'), from, count)).code;

  test('acquire needs no elevation, and the block is closed to whoever has no token', async () => {
    await acquired();
    for (const caller of [user, other])
      expect(await caller.call('bind', await caller.call('socket', 'tcp'), start + 1)).toMatchObject({ code: 10013 });
    expect(await other.call('bind', await other.call('socket', 'tcp'), start + 4)).toMatchObject({ code: 0 });
    expect(await other.call('bind', await other.call('socket', 'udp'), start + 1)).toMatchObject({ code: 0 });
    expect(await other.call('bind', await other.call('socket', 'tcp', 23), start + 2)).toMatchObject({ code: 10013 });
  });

  test('acquire from port 0 finds a free block in the dynamic range', async () => {
    const control = await user.call('socket', 'udp');
    const first = await user.call('acquire', control, 0, 64);
    const second = await user.call('acquire', control, 0, 64);
    for (const { code, startPort, numberOfPorts } of [first, second]) {
      expect({ code, numberOfPorts }).toEqual({ code: 0, numberOfPorts: 64 });
      expect(startPort).toBeGreaterThanOrEqual(49152);
      expect(startPort! + 64).toBeLessThanOrEqual(65536);
    }
    expect(Math.abs(first.startPort! - second.startPort!)).toBeGreaterThanOrEqual(64);
    expect(await user.call('acquire', control, 0, 20000)).toEqual({ code: 10048, bytes: 0 });
  });

  test('acquire of used or reserved ports is 10048', async () => {
    await acquired();
    expect(await acquireElsewhere(start + 3, 2)).toBe(10048);
    await other.call('bind', await other.call('socket', 'tcp'), start + 9);
    expect(await acquireElsewhere(start + 8, 2)).toBe(10048);
    expect(await acquireElsewhere(start + 10, 2)).toBe(0);
    const admin = await machine.caller({ elevated: true });
    expect(await admin.call('create', 'tcp', start + 3, 2)).toEqual({ code: 32 });
    expect(await admin.call('create', 'tcp', start + 12, 2)).toMatchObject({ code: 0 });
    expect(await acquireElsewhere(start + 13, 1)).toBe(10048);
    await admin.kill();
  });

  test('acquire of no port or past 65535 is 10022', async () => {
    const control = await user.call('socket', 'tcp');
    expect(await user.call('acquire', control, start, 0)).toEqual({ code: 10022, bytes: 0 });
    expect(await user.call('acquire', control, 65530, 7)).toEqual({ code: 10022, bytes: 0 });
  });

  test('arguments are checked as documented', async () => {
    const socket = await user.call('socket', 'tcp');
    const range = `${start.toString(16)}0400`;
    const eight = '0100000000000080';
    expect(await user.call('ioctl', 4, ACQUIRE, range, 16)).toMatchObject({ code: 10038 });
    expect(await user.call('ioctl', socket, ACQUIRE, range, 15)).toEqual({ code: 10022, bytes: 0 });
    expect(await user.call('ioctl', socket, ACQUIRE, range.slice(0, 6), 16)).toEqual({ code: 10014, bytes: 0 });
    expect(await user.call('ioctl', socket, ACQUIRE, null, 16)).toEqual({ code: 10014, bytes: 0 });
    expect(await user.call('ioctl', socket, ACQUIRE, range, 16, null)).toEqual({ code: 10014, bytes: null });
    expect(await user.call('ioctl', socket, ASSOCIATE, eight.slice(2), 0)).toEqual({ code: 10014, bytes: 0 });
    expect(await user.call('ioctl', socket, ACQUIRE, range, 16)).toEqual({ code: 0, bytes: 16 });
  });

  test('associate and release have no output', async () => {
    const { control, token } = await acquired();
    const input = Buffer.alloc(8);
    input.writeBigUInt64LE(BigInt(token));
    const hex = input.toString('hex');
    expect(await user.call('ioctl', control, ASSOCIATE, hex, 8)).toEqual({ code: 10022, bytes: 0 });
    expect(await user.call('ioctl', control, RELEASE, hex, 8)).toEqual({ code: 10022, bytes: 0 });
    expect(await user.call('ioctl', control, RELEASE, hex, 0)).toEqual({ code: 0, bytes: 0 });
  });

  test('other ioctls still go to ws2_32', async () => {
    const socket = await user.call('socket', 'tcp');
    const FIONBIO = 0x8004667e;
    expect(await user.call('ioctl', socket, FIONBIO, '01000000', 0)).toMatchObject({ code: 0 });
    const SIO_GET_EXTENSION_FUNCTION_POINTER = 0xc8000006;
    const WSAID_CONNECTEX = 'b907a225f3dd60468ee976e58c74063e';
    expect(await user.call('ioctl', socket, SIO_GET_EXTENSION_FUNCTION_POINTER, WSAID_CONNECTEX, 8)).toEqual({
      code: 0,
      bytes: 8,
    });
  });

  test('sockets with the token share the block, the acquiring one among them', async () => {
    const { control, token } = await acquired('tcp', 3);
    const ports = new Set<number>();
    for (const socket of [control, await user.call('socket', 'tcp'), await user.call('socket', 'tcp')]) {
      expect(await user.call('associate', socket, token)).toEqual({ code: 0, bytes: 0 });
      const { code, port } = await user.call('bind', socket, 0);
      expect(code).toBe(0);
      ports.add(port!);
    }
    expect([...ports].sort()).toEqual([start, start + 1, start + 2]);
    const late = await user.call('socket', 'tcp');
    await user.call('associate', late, token);
    expect(await user.call('bind', late, 0)).toMatchObject({ code: 10048 });
    expect(await user.call('bind', late, start + 1)).toMatchObject({ code: 10048 });
  });

  test('a socket with the token may name a port of the block, and no other', async () => {
    const { token } = await acquired();
    const socket = await user.call('socket', 'tcp', 23);
    await user.call('associate', socket, token);
    expect(await user.call('bind', socket, start + 4)).toMatchObject({ code: 10022 });
    expect(await user.call('bind', socket, start + 3)).toEqual({ code: 0, port: start + 3 });
    expect(await user.call('listen', socket)).toEqual({ code: 0 });
    const client = await other.call('socket', 'tcp', 23);
    expect(await other.call('connect', client, start + 3)).toMatchObject({ code: 0 });
  });

  test('associate is for unbound sockets of the same protocol, with a token that is known', async () => {
    const { token } = await acquired();
    const bound = await user.call('socket', 'tcp');
    await user.call('bind', bound, start + 8);
    expect(await user.call('associate', bound, token)).toEqual({ code: 10022, bytes: 0 });
    expect(await user.call('associate', await user.call('socket', 'udp'), token)).toMatchObject({ code: 10022 });
    const socket = await user.call('socket', 'tcp');
    for (const wrong of [BigInt(token) + 1n, BigInt(token) & 0xffffffffn, BigInt(Number(token)), 0n])
      expect(await user.call('associate', socket, `${wrong}`), `${wrong}`).toMatchObject({ code: 10022 });
    expect(await user.call('associate', socket, token)).toMatchObject({ code: 0 });
    expect(await user.call('associate', socket, token)).toMatchObject({ code: 10022 });
  });

  test('a runtime token is worth nothing in another process', async () => {
    const { token } = await acquired();
    const admin = await machine.caller({ elevated: true });
    for (const caller of [other, admin]) {
      const socket = await caller.call('socket', 'tcp');
      expect(await caller.call('associate', socket, token)).toMatchObject({ code: 10022 });
      expect(await caller.call('release', socket, token)).toMatchObject({ code: 10022 });
    }
    expect(await user.call('associate', await user.call('socket', 'tcp'), token)).toMatchObject({ code: 0 });
    await admin.kill();
  });

  test('a persistent token works in any elevated process, is 10013 in others, and cannot be released', async () => {
    const [first, second] = await Promise.all([machine.caller({ elevated: true }), machine.caller({ elevated: true })]);
    const { token } = await first.call('create', 'udp', start, 2);
    expect(await user.call('associate', await user.call('socket', 'udp'), token!)).toMatchObject({ code: 10013 });
    const socket = await second.call('socket', 'udp');
    expect(await second.call('release', socket, token!)).toMatchObject({ code: 10022 });
    expect(await first.call('release', await first.call('socket', 'udp'), token!)).toMatchObject({ code: 10022 });
    expect(await second.call('associate', socket, token!)).toMatchObject({ code: 0 });
    expect((await second.call('bind', socket, start + 1)).port).toBe(start + 1);
    await Promise.all([first.kill(), second.kill()]);
  });

  test('release frees the block, once no open socket carries the token', async () => {
    const { control, token } = await acquired();
    const socket = await user.call('socket', 'tcp');
    await user.call('associate', socket, token);
    expect(await user.call('release', control, token)).toEqual({ code: 10022, bytes: 0 });
    await user.call('close', socket);
    expect(await user.call('release', control, token)).toEqual({ code: 0, bytes: 0 });
    expect(await user.call('release', control, token)).toEqual({ code: 10022, bytes: 0 });
    expect(await acquireElsewhere()).toBe(0);
  });

  test('a token whose reservation has gone binds nothing', async () => {
    const { control, token } = await acquired();
    const socket = await user.call('socket', 'tcp');
    await user.call('associate', socket, token);
    await user.call('close', control);
    expect(await user.call('bind', socket, start)).toMatchObject({ code: 10022 });
    expect(await user.call('bind', socket, 0)).toMatchObject({ code: 10022 });
  });

  test('closing the acquiring socket frees its blocks and no others', async () => {
    const { control } = await acquired();
    await user.call('acquire', control, start + 4, 2);
    const kept = await user.call('socket', 'tcp');
    await user.call('acquire', kept, start + 6, 2);
    await user.call('close', await user.call('socket', 'tcp'));
    expect(await acquireElsewhere()).toBe(10048);
    await user.call('close', control);
    expect(await acquireElsewhere(start, 6)).toBe(0);
    expect(await acquireElsewhere(start + 6, 1)).toBe(10048);
  });

  test('the death of its process frees the block', async () => {
    await acquired();
    expect(await acquireElsewhere()).toBe(10048);
    await user.kill();
    expect(await acquireElsewhere()).toBe(0);
  });

  test('a reboot frees runtime blocks, even of a process that outlives it', async () => {
    await acquired();
    const later = await machine.caller({ env: { LAB_BOOT: '2' } });
    expect(await later.call('acquire', await later.call('socket', 'tcp'), start, 4)).toMatchObject({ code: 0 });
    await later.kill();
  });

  test('faults answer in place of an ioctl and of bind', async () => {
    const faults = { SIO_ACQUIRE_PORT_RESERVATION: { code: 10055, times: 2 }, bind: { code: 10050, times: 1 } };
    const faulty = await machine.caller({ faults });
    const socket = await faulty.call('socket', 'tcp');
    for (const code of [10055, 10055, 0])
      expect(await faulty.call('acquire', socket, start, 1)).toMatchObject({ code });
    expect(await faulty.call('bind', socket, start + 1)).toMatchObject({ code: 10050 });
    expect(await faulty.call('bind', socket, start + 1)).toMatchObject({ code: 0 });
    await faulty.kill();
  });
});
