import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openSocket, tryBind } from '../../support/sockets.ts';
import { useOwnNetwork } from './support/own-network.ts';
import { freeRange, openHeldPorts } from './support/ports.ts';

useOwnNetwork();

const isLinux = process.platform === 'linux';

/** A port on which a server has listened, whose last connection closes: the server's end was first. */
async function leftToClose(): Promise<number> {
  const { startPort } = await freeRange(1);
  const server = createServer().listen(startPort, '::');
  await once(server, 'listening');
  const client = connect(startPort, '127.0.0.1').resume();
  const [served] = await once(server, 'connection');
  served.end();
  await Promise.all([once(served.resume(), 'close'), once(client, 'close')]);
  await new Promise((resolve) => server.close(resolve));
  expect(await tryBind('tcp', startPort, '::')).toBe('bound'); // as servers bind
  return startPort;
}

test.skipIf(!isLinux)(
  'a port with nothing but closing connections is held: from all, or where the hold yields',
  async () => {
    const port = await leftToClose();
    const range = { startPort: port, numberOfPorts: 1 };
    const strict = openHeldPorts();
    await strict.hold('tcp', range);
    expect(await tryBind('tcp', port, '::')).toBe('EADDRINUSE');
    await strict.release('tcp', range);
    const held = openHeldPorts();
    await held.hold('tcp', range, { yields: true });
    // Another that asks for the same is refused by the ledger; here the server gets in, and the next one does not.
    const server = await openSocket('tcp', port, '::');
    expect(await tryBind('tcp', port, '::')).toBe('EADDRINUSE');
    await server.close();
    expect(await tryBind('tcp', port, '::')).toBe('bound');
  },
);

test.skipIf(!isLinux)('a port with a connection that a process has is not, though nobody listens', async () => {
  const { startPort } = await freeRange(1);
  const server = createServer().listen(startPort, '::');
  await once(server, 'listening');
  const client = connect(startPort, '127.0.0.1');
  const [served] = await once(server, 'connection');
  onTestFinished(() => void client.destroy());
  onTestFinished(() => void served.destroy());
  server.close();
  const range = { startPort, numberOfPorts: 1 };
  await expect(openHeldPorts().hold('tcp', range, { yields: true })).rejects.toMatchObject({ errorName: 'PortInUse' });
});
