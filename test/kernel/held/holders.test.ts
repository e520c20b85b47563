import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { firstPortInUse } from '../../../src/providers/sockets/bind-ports.ts';
import { useOwnNetwork } from './support/own-network.ts';
import { freeRange, openHeldPorts } from './support/ports.ts';
import { addresses, lacking, startTaker } from './support/python.ts';
import { startHolder } from './support/start-holder.ts';

useOwnNetwork();

const skipped = process.platform === 'linux' ? '' : ' (skipped: needs Linux)';

describe.skipIf(skipped).each(['tcp', 'udp'] as const)(`a holder of %s ports${skipped}`, (protocol) => {
  test('cannot hold what another process holds', async () => {
    const range = await freeRange(10);
    const holder = await startHolder();
    await holder.call({ method: 'hold', protocol, range });
    const refused = { errorName: 'PortInUse', facts: { port: range.startPort } };
    await expect(openHeldPorts().hold(protocol, range)).rejects.toMatchObject(refused);

    await holder.call({ method: 'release', protocol, range });
    const held = openHeldPorts();
    await held.hold(protocol, range);
    await expect(holder.call({ method: 'hold', protocol, range })).rejects.toMatchObject(refused);
  });

  test('frees every port when it is killed', async () => {
    const range = await freeRange(1000);
    const holder = await startHolder();
    await holder.call({ method: 'hold', protocol, range });
    expect(await firstPortInUse(protocol, range)).toBe(range.startPort);
    await holder.kill();
    await openHeldPorts().hold(protocol, range);
  });

  test('does not leave its ports to a program it started', async () => {
    const range = await freeRange(1);
    const held = openHeldPorts();
    await held.hold(protocol, range);
    const child = spawn('cat', { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill());
    child.stdin.write('running');
    await once(child.stdout, 'data');
    await held.release(protocol, range);
    expect(await firstPortInUse(protocol, range)).toBeUndefined();
  });

  test.skipIf(lacking.python).each(addresses)(
    `does not join a SO_REUSEPORT server of the same user on %s${lacking.python}`,
    async (address) => {
      const range = await freeRange(1);
      const taker = await startTaker(protocol, address, range.startPort);
      expect(await firstPortInUse(protocol, range)).toBe(range.startPort);
      await expect(openHeldPorts().hold(protocol, range)).rejects.toMatchObject({ errorName: 'PortInUse' });
      await taker.kill();
      await openHeldPorts().hold(protocol, range);
    },
  );
});
