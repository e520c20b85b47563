import { execFileSync } from 'node:child_process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { userIdOf } from '../../../src/native/linux/users.ts';
import { bindAny, takesTokens, withToken } from '../../../src/providers/linux/kernel/bind-with-token.ts';
import { KernelGate } from '../../../src/providers/linux/kernel/kernel-gate.ts';
import { refusal } from '../../support/machine.ts';
import { gateTitle, noGate, useRoom } from './support/room.ts';

const room = useRoom();
const ports = (startPort: number, numberOfPorts = 1) => ({ startPort, numberOfPorts });

describe.skipIf(noGate)(gateTitle('without looking into the kernel'), () => {
  test('it can be told whether tokens are taken', async () => {
    const gate = KernelGate.own(room);
    onTestFinished(() => gate.close());
    expect(await takesTokens()).toBe(false);
    await gate.acquire('tcp', ports(21_040));
    expect(await takesTokens()).toBe(true);
    await gate.release('tcp', ports(21_040));
    expect(await takesTokens()).toBe(false);
  });

  test('a reservation is used by its token, and by whoever is let in without', async () => {
    const gate = KernelGate.own(room);
    onTestFinished(() => gate.close());
    await gate.acquire('tcp', ports(21_060), { allow: { userId: 0 } });
    expect(await bindAny('tcp', ports(21_060), withToken(1n))).toBe(21_060);
    const token = await gate.acquire('tcp', ports(21_040, 3));
    expect(await bindAny('tcp', ports(21_040, 3), withToken(token))).toBe(21_040);
    expect((await refusal(bindAny('tcp', ports(21_040, 3), withToken(token + 1n)))).errorName).toBe('PortInUse');
    expect(await bindAny('tcp', ports(21_042, 2), withToken(0n))).toBe(21_043);
  });
});

describe.skipIf(process.platform !== 'linux')('the number of a user', () => {
  test.each(['root', 'nobody', 'daemon'])('%s is what id says', async (name) => {
    expect(await userIdOf(name)).toBe(Number(execFileSync('id', ['-u', name], { encoding: 'utf8' })));
  });

  test('may be given itself, and is none of a name that nobody has', async () => {
    expect(await Promise.all(['65534', '0', '4294967295', 'no such user', ''].map(userIdOf))).toEqual([
      65_534,
      0,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
