import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { useOwnNetwork } from './support/own-network.ts';
import { freeRange, openHeldPorts } from './support/ports.ts';
import { lacking, startTaker } from './support/python.ts';

useOwnNetwork();

/** Which address of this machine reaches a taker on the given one. */
const routes = [
  ['0.0.0.0', '127.0.0.1'],
  ['127.0.0.1', '127.0.0.1'],
  ['::', '127.0.0.1'],
  ['::', '::1'],
  ['::1', '::1'],
] as const;

async function connection(host: string, port: number): Promise<string> {
  const socket = connect({ host, port });
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

/** Sends one datagram from a port of its own and waits for the answer; one that goes elsewhere is never answered. */
async function datagram(host: string, port: number): Promise<string> {
  const socket = createSocket(host === '::1' ? 'udp6' : 'udp4');
  const answer = once(socket, 'message');
  socket.send('hello', port, host);
  const [message] = await answer;
  socket.close();
  return message.toString();
}

const all = (count: number) => Array.from({ length: count }, () => 'taker');

async function inBatches(count: number, exchange: () => Promise<string>): Promise<string[]> {
  const answers: string[] = [];
  while (answers.length < count) answers.push(...(await Promise.all(Array.from({ length: 50 }, exchange))));
  return answers;
}

// A lost datagram shows as a test that waits in vain; there is no need to wait long.
describe.each(routes)('a taker on %s, called at %s,', { timeout: 20_000 }, (address, host) => {
  test.skipIf(lacking.python)(
    `gets every TCP connection while the port is held, and after${lacking.python}`,
    async () => {
      const range = await freeRange(1);
      const held = openHeldPorts();
      await held.hold('tcp', range);
      await startTaker('tcp', address, range.startPort);
      expect(await inBatches(50, () => connection(host, range.startPort))).toEqual(all(50));
      await held.release('tcp', range);
      expect(await inBatches(50, () => connection(host, range.startPort))).toEqual(all(50));
    },
  );

  test.skipIf(lacking.python)(`gets every datagram while the port is held, and after${lacking.python}`, async () => {
    const range = await freeRange(1);
    const held = openHeldPorts();
    await held.hold('udp', range);
    await startTaker('udp', address, range.startPort);
    expect(await inBatches(400, () => datagram(host, range.startPort))).toEqual(all(400));
    await held.release('udp', range);
    expect(await inBatches(400, () => datagram(host, range.startPort))).toEqual(all(400));
  });
});

test.skipIf(lacking.python)(`a TCP connection during the hand-over itself is not lost${lacking.python}`, async () => {
  const range = await freeRange(1);
  const held = openHeldPorts();
  await held.hold('tcp', range);
  await startTaker('tcp', '::', range.startPort);
  const answers = inBatches(500, () => connection('127.0.0.1', range.startPort));
  await connection('127.0.0.1', range.startPort);
  await held.release('tcp', range);
  expect(await answers).toEqual(all(500));
});
