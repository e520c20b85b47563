import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { openSocket, tryBind } from '../../support/sockets.ts';
import { useOwnNetwork } from './support/own-network.ts';
import { freeRange, openHeldPorts, portsOf } from './support/ports.ts';
import { addresses, lacking, nobody, startTaker, tryBinds } from './support/python.ts';

useOwnNetwork();

async function heldPort() {
  const range = await freeRange(1);
  const held = openHeldPorts();
  await held.hold('tcp', range, { yields: true });
  return { held, range, port: range.startPort };
}

describe.skipIf(lacking.python)(`a TCP port that is held and yields${lacking.python}`, () => {
  test.each(addresses)('on %s lets in what sets SO_REUSEADDR or SO_REUSEPORT, and nothing else', async (address) => {
    const { port } = await heldPort();
    const binds = [['SO_REUSEADDR'], ['SO_REUSEADDR', 'SO_REUSEPORT'], ['SO_REUSEPORT'], []];
    const attempts = binds.map((options) => ({ protocol: 'tcp' as const, address, port, options }));
    expect(tryBinds(attempts)).toEqual([port, port, port, 'EADDRINUSE']);
  });

  test.skipIf(lacking.root)(`does not ask whose SO_REUSEADDR it is${lacking.root}`, async () => {
    const { port } = await heldPort();
    const binds = [['SO_REUSEADDR'], ['SO_REUSEPORT'], []];
    const attempts = binds.map((options) => ({ protocol: 'tcp' as const, address: '::', port, options }));
    expect(tryBinds(attempts, { user: nobody })).toEqual([port, 'EADDRINUSE', 'EADDRINUSE']);
  });

  test.each(addresses)("lets Node's server on %s listen, one at a time and again and again", async (address) => {
    const { port } = await heldPort();
    for (let round = 0; round < 3; round++) {
      const server = await openSocket('tcp', port, address);
      expect(await tryBind('tcp', port, address)).toBe('EADDRINUSE');
      const socket = connect({ port, host: address.includes(':') ? '::1' : '127.0.0.1' });
      await once(socket, 'connect');
      socket.destroy();
      await server.close();
    }
    expect(tryBinds([{ protocol: 'tcp', address, port }])).toEqual(['EADDRINUSE']);
  });

  test('still serves the hand-over', async () => {
    const { port } = await heldPort();
    await startTaker('tcp', '::', port);
    const socket = connect({ port, host: '127.0.0.1' });
    const [text] = await once(socket.setEncoding('utf8'), 'data');
    expect(text).toBe('taker');
  });

  test('cannot be held by another', async () => {
    const { range } = await heldPort();
    await expect(openHeldPorts().hold('tcp', range, { yields: true })).rejects.toMatchObject({
      errorName: 'PortInUse',
    });
    await expect(openHeldPorts().hold('tcp', range)).rejects.toMatchObject({ errorName: 'PortInUse' });
  });

  test('is free after release', async () => {
    const { held, range } = await heldPort();
    await held.release('tcp', range);
    expect(tryBinds(portsOf(range).map((port) => ({ protocol: 'tcp', address: '::', port })))).toEqual(portsOf(range));
  });
});
