import { expect } from 'vitest';
import type { Protocol } from '../../../src/protocol/generated/contract.ts';
import type { Caller } from '../../lab/caller.ts';

export const WSAEACCES = 10013;

/** What a plain bind of each port says, 0 or the error. */
export async function bindAll(caller: Caller, protocol: Protocol, startPort: number, count: number): Promise<number[]> {
  const codes: number[] = [];
  for (let port = startPort; port < startPort + count; port++) {
    const socket = await caller.call('socket', protocol);
    codes.push((await caller.call('bind', socket, port)).code);
    await caller.call('close', socket);
  }
  return codes;
}

/** Exactly these ports are closed to a program without the token: those before and behind are not. */
export async function expectReserved(caller: Caller, protocol: Protocol, startPort: number, count: number) {
  const inside = Array<number>(count).fill(WSAEACCES);
  expect(await bindAll(caller, protocol, startPort - 1, count + 2), `${protocol} ${startPort}`).toEqual([
    0,
    ...inside,
    0,
  ]);
}

/** Every port of the block is open to everyone. */
export async function expectFree(caller: Caller, protocol: Protocol, startPort: number, count: number) {
  expect(await bindAll(caller, protocol, startPort, count)).toEqual(Array<number>(count).fill(0));
}

/** Takes every port of a reservation with its token, as its user would. */
export async function takeAll(caller: Caller, protocol: Protocol, token: string, startPort: number, count: number) {
  for (let port = startPort; port < startPort + count; port++) {
    const socket = await caller.call('socket', protocol);
    expect(await caller.call('associate', socket, token)).toMatchObject({ code: 0 });
    expect(await caller.call('bind', socket, port)).toEqual({ code: 0, port });
    // Wine lets sockets that do not listen share a port.
    if (protocol === 'tcp') expect(await caller.call('listen', socket)).toEqual({ code: 0 });
  }
}
