import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from './caller.ts';
import { describeInLab } from './lab.ts';
import { Lab } from './run.ts';

const DYNAMIC_FIRST = 49152;
const RESERVED = 4096;
/** A choice that does not look lands in the reserved quarter of the dynamic range in all but 0.1 % of as many tries. */
const TRIES = 24;

describeInLab('simulated kernel: ports that the system chooses', () => {
  let lab: Lab;
  let reserved: { from: number; to: number }[];
  let user: Caller;

  beforeAll(async () => {
    lab = await Lab.open();
    const machine = lab.machine();
    const admin = await machine.caller({ elevated: true });
    reserved = await reserveQuarter(admin);
    user = await machine.caller();
  });
  afterAll(() => lab.close());

  // Blocks of 512, because some port of the range may be in use; those blocks stay free.
  async function reserveQuarter(admin: Caller): Promise<{ from: number; to: number }[]> {
    const made: { from: number; to: number }[] = [];
    for (let from = DYNAMIC_FIRST; from < DYNAMIC_FIRST + RESERVED; from += 512)
      for (const protocol of ['tcp', 'udp']) {
        const { code } = await admin.call('create', protocol, from, 512);
        if (code === 0 && protocol === 'tcp') made.push({ from, to: from + 511 });
      }
    expect(made.length).toBeGreaterThan(4);
    return made;
  }

  const lies = (port: number) => reserved.some(({ from, to }) => port >= from && port <= to);

  const choices: [string, string, (socket: number) => Promise<{ code: number; port?: number }>][] = [
    ['bind of port 0', 'tcp', (socket) => user.call('bind', socket, 0)],
    [
      'bind of port 0 on a socket that shares its address',
      'tcp',
      async (socket) => {
        await user.call('reuse', socket);
        return user.call('bind', socket, 0);
      },
    ],
    ['sendto without a bind', 'udp', (socket) => user.call('sendTo', socket, 1009)],
    ['connect without a bind', 'udp', (socket) => user.call('connect', socket, 1009)],
  ];
  test.each(choices)('%s keeps out of reserved blocks', async (_title, protocol, choose) => {
    for (let i = 0; i < TRIES; i++) {
      const socket = await user.call('socket', protocol, i % 2 ? 23 : 2);
      const { code, port } = await choose(socket);
      expect(code).toBe(0);
      expect(port).toBeGreaterThanOrEqual(DYNAMIC_FIRST);
      expect(lies(port!), `${port}`).toBe(false);
      await user.call('close', socket);
    }
  });

  test('connect of an associated socket leaves from a port of the block', async () => {
    const control = await user.call('socket', 'udp');
    const { token, startPort } = await user.call('acquire', control, 0, 2);
    const socket = await user.call('socket', 'udp');
    await user.call('associate', socket, token!);
    const { code, port } = await user.call('connect', socket, 1009);
    expect(code).toBe(0);
    expect([startPort, startPort! + 1]).toContain(port);
  });

  test('acquire from port 0 keeps out of reserved blocks', async () => {
    const control = await user.call('socket', 'tcp');
    for (let i = 0; i < TRIES; i++) {
      const { code, startPort } = await user.call('acquire', control, 0, 20);
      expect(code).toBe(0);
      expect(lies(startPort!) || lies(startPort! + 19), `${startPort}`).toBe(false);
    }
  });

  test('acquire from port 0 keeps out of used ports', async () => {
    const stranger = await lab.machine().caller();
    const isUsed = (port: number) => port % 64 === 0;
    for (let port = DYNAMIC_FIRST; port <= 65535; port++)
      if (isUsed(port)) await stranger.call('bind', await stranger.call('socket', 'udp'), port);
    const control = await stranger.call('socket', 'udp');
    for (let i = 0; i < TRIES; i++) {
      const { code, startPort } = await stranger.call('acquire', control, 0, 20);
      expect(code).toBe(0);
      const block = Array.from({ length: 20 }, (_, offset) => startPort! + offset);
      expect(block.filter(isUsed)).toEqual([]);
    }
  });
});
