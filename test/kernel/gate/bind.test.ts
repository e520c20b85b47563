import { describe, expect, onTestFinished, test } from 'vitest';
import { tokenBytes } from '../../../src/native/linux/socket-token.ts';
import { KernelGate } from '../../../src/providers/linux/kernel/kernel-gate.ts';
import {
  AF_INET,
  address,
  errnoName,
  IPPROTO_MPTCP,
  libc,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  TOKEN,
  tryBind,
} from './support/raw-sockets.ts';
import { gateTitle, noGate, useRoom } from './support/room.ts';

const room = useRoom();

/** A gate of this process on the room's control group. */
function openGate(): KernelGate {
  const gate = KernelGate.own(room);
  onTestFinished(() => gate.close());
  return gate;
}

const tcp = { startPort: 21_040, numberOfPorts: 10 };
const udp = { startPort: 21_100, numberOfPorts: 3 };
const addresses = ['0.0.0.0', '127.0.0.1', '::', '::1', '::ffff:127.0.0.1'];

/** What those are told who are refused: the same in all of this file, by what the kernel can. */
async function refusalOf(gate: KernelGate): Promise<string> {
  return (await gate.status()).refusal!;
}

describe.skipIf(noGate)(gateTitle('a port reserved in the kernel'), () => {
  test.each(addresses)('is refused on %s to root, and bound with the token', async (ip) => {
    const gate = openGate();
    const token = await gate.acquire('tcp', tcp);
    const udpToken = await gate.acquire('udp', udp);
    const refusal = await refusalOf(gate);
    expect(tryBind(21_040, { ip })).toBe(refusal);
    expect(tryBind(21_040, { ip, token })).toBe('bound');
    expect(tryBind(21_100, { ip, type: SOCK_DGRAM })).toBe(refusal);
    expect(tryBind(21_100, { ip, type: SOCK_DGRAM, token: udpToken })).toBe('bound');
  });

  test('is one of the range: its neighbours and the other protocol are free', async () => {
    const gate = openGate();
    await gate.acquire('tcp', tcp);
    const refusal = await refusalOf(gate);
    expect([21_039, 21_040, 21_049, 21_050].map((port) => tryBind(port))).toEqual(['bound', refusal, refusal, 'bound']);
    expect(tryBind(21_040, { type: SOCK_DGRAM })).toBe('bound');
  });

  test.each([
    ['the next token', (token: bigint) => token + 1n],
    ['token 0', () => 0n],
    ['the token with its halves exchanged', (token: bigint) => BigInt.asUintN(64, (token << 32n) | (token >> 32n))],
  ])('is refused with %s', async (_what, wrong) => {
    const gate = openGate();
    const token = await gate.acquire('tcp', tcp);
    expect(tryBind(21_040, { token: wrong(token) })).toBe(await refusalOf(gate));
  });

  test('is refused with the token of another range', async () => {
    const gate = openGate();
    await gate.acquire('tcp', tcp);
    const other = await gate.acquire('tcp', { startPort: 21_200, numberOfPorts: 1 });
    expect(tryBind(21_040, { token: other })).toBe(await refusalOf(gate));
  });

  test.each<[string, Parameters<typeof tryBind>[1]]>([
    ['SO_REUSEADDR', { options: [[1, 2, 1]] }],
    ['SO_REUSEPORT', { options: [[1, 15, 1]] }],
    ['IPV6_V6ONLY', { ip: '::', options: [[41, 26, 1]] }],
    ['IP_TRANSPARENT', { options: [[0, 19, 1]] }],
    ['IP_FREEBIND', { options: [[0, 15, 1]] }],
    ['MPTCP', { protocol: IPPROTO_MPTCP }],
    ['MPTCP over IPv6', { protocol: IPPROTO_MPTCP, ip: '::' }],
  ])('is opened by no %s', async (_what, how) => {
    const gate = openGate();
    await gate.acquire('tcp', tcp);
    expect(tryBind(21_040, how)).toBe(await refusalOf(gate));
  });

  test.each(['0.0.0.0', '::'])('is bound by an MPTCP server on %s that has the token', async (ip) => {
    const gate = openGate();
    const token = await gate.acquire('tcp', tcp);
    const { mptcp, refusal } = await gate.status();
    expect(tryBind(21_040, { protocol: IPPROTO_MPTCP, ip, token, listen: true })).toBe(mptcp ? 'bound' : refusal);
  });

  test('takes a second token in the place of the first', async () => {
    const gate = openGate();
    const token = await gate.acquire('tcp', tcp);
    const wrong: [number, number, Buffer] = [TOKEN.level, TOKEN.option, tokenBytes(5n)];
    expect(tryBind(21_040, { token, options: [wrong] })).toBe('bound');
  });

  test('takes 8 bytes for a token and no fewer, and knows no other option of its level', async () => {
    const gate = openGate();
    await gate.acquire('tcp', tcp);
    const { refusal } = await gate.status();
    for (const length of [0, 1, 4, 7]) {
      expect(tryBind(21_050, { options: [[TOKEN.level, TOKEN.option, Buffer.alloc(length)]] })).toBe(
        `setsockopt ${refusal === 'EPERM' ? 'EPERM' : 'EINVAL'}`,
      );
    }
    expect(tryBind(21_050, { options: [[TOKEN.level, TOKEN.option, Buffer.alloc(16)]] })).toBe('bound');
    expect(tryBind(21_050, { options: [[TOKEN.level, 2, Buffer.alloc(8)]] })).toBe('setsockopt ENOPROTOOPT');
  });

  test('leaves options of others alone, also those longer than a page', async () => {
    const gate = openGate();
    await gate.acquire('tcp', tcp);
    const device = Buffer.alloc(8192);
    device.write('lo');
    expect(tryBind(21_050, { options: [[1, 25, device]] })).toBe('bound');
    expect(tryBind(21_050, { options: [[1, 9, 1]] })).toBe('bound');
  });

  test('is refused to a socket that was made before', async () => {
    const gate = openGate();
    await gate.acquire('udp', udp);
    const early = libc.socket(AF_INET, SOCK_STREAM, 0);
    onTestFinished(() => void libc.close(early));
    await gate.acquire('tcp', tcp);
    expect(libc.bind(early, address('0.0.0.0', 21_040), 16)).toBe(-1);
    expect(errnoName()).toBe(await refusalOf(gate));
  });

  test('serves whoever connects to it', async () => {
    const gate = openGate();
    const token = await gate.acquire('tcp', tcp);
    const keep: number[] = [];
    onTestFinished(() => keep.forEach((descriptor) => void libc.close(descriptor)));
    expect(tryBind(21_041, { token, listen: true, keep })).toBe('bound');
    keep.push(libc.socket(AF_INET, SOCK_STREAM, 0));
    expect(libc.connect(keep.at(-1), address('127.0.0.1', 21_041), 16)).toBe(0);
  });

  test('is free the moment it is released', async () => {
    const gate = openGate();
    await gate.acquire('tcp', tcp);
    await gate.release('tcp', tcp);
    expect([tryBind(21_040), tryBind(21_049, { ip: '::' })]).toEqual(['bound', 'bound']);
    expect(await gate.list()).toEqual([]);
    expect(await gate.status()).toMatchObject({ inForce: false, takesTokens: false });
  });

  test('stops no protocol but TCP and UDP, which docs/linux-kernel.md says', async () => {
    const gate = openGate();
    await gate.acquire('udp', udp);
    const udpLite = 136;
    expect(['bound', 'socket EPROTONOSUPPORT']).toContain(tryBind(21_100, { type: SOCK_DGRAM, protocol: udpLite }));
    expect(tryBind(21_040, { type: SOCK_RAW, protocol: 6, ip: '127.0.0.1' })).toBe('bound');
  });

  test('of the whole of a protocol is one entry for each power of two', async () => {
    const gate = openGate();
    const token = await gate.acquire('udp', { startPort: 1024, numberOfPorts: 64_512 });
    const dgram = { type: SOCK_DGRAM };
    const refusal = await refusalOf(gate);
    expect(['0.0.0.0', '::'].map((ip) => tryBind(65_535, { ...dgram, ip }))).toEqual([refusal, refusal]);
    expect(tryBind(65_535, { ...dgram, token })).toBe('bound');
    expect(tryBind(1023, dgram)).toBe('bound');
  });
});
