import { closeSync, openSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Bpf } from '../../../src/native/linux/bpf.ts';
import { networkCookie } from '../../../src/native/linux/network-cookie.ts';
import { KernelGate } from '../../../src/providers/linux/kernel/kernel-gate.ts';
import { learnNetwork } from '../../../src/providers/linux/kernel/network.ts';
import { errnoName, libc, tryBind } from './support/raw-sockets.ts';
import { gateTitle, noGate, useRoom } from './support/room.ts';

const room = useRoom();
const CLONE_NEWNET = 0x40000000;
const one = (startPort: number) => ({ startPort, numberOfPorts: 1 });

/** Does the work in a new network namespace, then comes back. */
async function elsewhere(work: () => Promise<void>): Promise<void> {
  const here = openSync('/proc/thread-self/ns/net', 'r');
  try {
    if (libc.unshare(CLONE_NEWNET) < 0) throw new Error(errnoName());
    await work();
  } finally {
    libc.setns(here, 0);
    closeSync(here);
  }
}

describe.skipIf(noGate)(gateTitle('a network namespace'), () => {
  test('has reservations of its own: containers’ ports are theirs', async () => {
    const gate = KernelGate.own(room);
    onTestFinished(() => gate.close());
    const token = await gate.acquire('tcp', one(21_040));
    const { refusal } = await gate.status();
    await elsewhere(async () => {
      expect(tryBind(21_040)).toBe('bound');
      expect(await gate.list()).toEqual([]);
      await gate.acquire('tcp', one(21_040));
      await gate.acquire('tcp', one(21_070));
      expect([tryBind(21_040), tryBind(21_040, { token }), tryBind(21_070)]).toEqual([refusal, refusal, refusal]);
    });
    expect([tryBind(21_040), tryBind(21_040, { token }), tryBind(21_070)]).toEqual([refusal, 'bound', 'bound']);
    expect(await gate.list()).toEqual([{ protocol: 'tcp', range: one(21_040), token }]);
    await gate.release('tcp', one(21_070));
    await gate.release('tcp', one(21_040));
    expect(await gate.status()).toMatchObject({ inForce: true });
  });

  test('says its cookie to a program as to a socket option, for kernels that have the program alone', async () => {
    const bpf = await Bpf.load();
    const known = await networkCookie();
    const learnt = await learnNetwork(bpf, room.group);
    expect(learnt).toBeGreaterThan(0n);
    if (known !== undefined) expect(learnt).toBe(known);
    await elsewhere(async () => expect(await learnNetwork(bpf, room.group)).not.toBe(learnt));
  });
});
