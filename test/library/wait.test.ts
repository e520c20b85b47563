import { getEventListeners, once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { InvalidParamsError, PortWaitError, reserve, waitForPort, waitUntilFree } from '../../src/index.ts';
import { answers } from '../../src/library/answers.ts';
import { ownHost } from '../support/own-host.ts';
import { openSocket } from '../support/sockets.ts';

const isLinux = process.platform === 'linux';
const inHome = () => ({ host: ownHost() });

/** A free port, which is reserved by nobody. */
async function freePort(protocol: 'tcp' | 'udp' = 'tcp'): Promise<number> {
  const block = await reserve({ protocol }, inHome());
  await block.release();
  return block.ports[0]!;
}

const failed = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('it did not fail'),
    (error) => error,
  );

describe('waitForPort', () => {
  test.each(['127.0.0.1', '::1', '::'])('ends when a server listens on %s', async (address) => {
    const port = await freePort();
    const waits = waitForPort(port);
    let isOver = false;
    waits.then(() => {
      isOver = true;
    });
    // A look that finds nothing comes first.
    await failed(waitForPort(port, { timeout: 0 }, inHome()));
    expect(isOver).toBe(false);
    const socket = await openSocket('tcp', port, address);
    onTestFinished(() => socket.close());
    await waits;
    await waitForPort(port, { timeout: 10_000 });
  });

  test('asks the host that it is told', async () => {
    const port = await freePort();
    const socket = await openSocket('tcp', port, '::1');
    onTestFinished(() => socket.close());
    await waitForPort(port, { host: '::1', timeout: 10_000 });
    const error = await failed(waitForPort(port, { host: '127.0.0.1', timeout: 1 }));
    expect(error).toMatchObject({ code: 'ETIMEDOUT', port, protocol: 'tcp', status: undefined });
    expect(error.message).toBe(`Nothing listens on 127.0.0.1 port ${port} after 1 ms.`);
  });

  test('leaves no listener on the signal behind', async () => {
    const { signal } = new AbortController();
    await failed(waitForPort(await freePort(), { timeout: 300, signal }, inHome()));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('says who has the port when time runs out', async () => {
    await using block = await reserve({ name: 'quiet' }, inHome());
    const error = await failed(waitForPort(block.ports[0]!, { timeout: 1 }, inHome()));
    expect(error).toBeInstanceOf(PortWaitError);
    expect(error.message).toMatch(new RegExp(`^Nothing listens on tcp ${block.ports[0]} after 1 ms: .`));
    expect(error.status).toMatchObject({ port: block.ports[0], canBind: false });
  });

  test.skipIf(!isLinux)('waits for a socket of udp too', async () => {
    const port = await freePort('udp');
    const waits = waitForPort(port, { protocol: 'udp' }, inHome());
    const socket = await openSocket('udp', port, '127.0.0.1');
    onTestFinished(() => socket.close());
    await waits;
    const other = await failed(waitForPort(await freePort('udp'), { protocol: 'udp', timeout: 0 }, inHome()));
    expect(other.message).toMatch(/^Nothing receives on udp \d+ after 0 ms: /);
  });

  test('does not take a connection with itself for an answer', async () => {
    // As a poll of a port in the dynamic range meets by chance: the connection is given the very port that it goes to.
    const port = await freePort();
    expect(await answers(port, '127.0.0.1', { left: 1000, localPort: port })).toBe(false);
  });
});

describe('waitUntilFree', () => {
  test('ends when the server has stopped, though its connections are still closing', async () => {
    const port = await freePort();
    const server = createServer((socket) => void socket.end('bye')).listen(port, '127.0.0.1');
    await once(server, 'listening');
    const waits = waitUntilFree(port, {}, inHome());
    const error = await failed(waitUntilFree(port, { timeout: 1 }, inHome()));
    expect(error.message).toMatch(new RegExp(`^Somebody has tcp ${port} after 1 ms: .`));
    if (isLinux) {
      expect(error.message).toContain(`process ${process.pid}`);
      expect(error.status.holders).toMatchObject([{ state: 'listening', processId: process.pid }]);
    }
    const client = connect(port, '127.0.0.1').resume();
    await once(client, 'close');
    server.close();
    await waits;
  });

  test('waits while the port is reserved, by whatever hold', async () => {
    const host = ownHost();
    const block = await reserve({ protocol: ['tcp', 'udp'], hold: 'none', name: 'mine' }, { host });
    const [port] = block.ports as [number];
    const waits = waitUntilFree(port, { protocol: 'udp' }, { host });
    const error = await failed(waitUntilFree(port, { timeout: 0 }, { host }));
    expect(error.status.reservation).toMatchObject({ name: 'mine' });
    await block.release();
    await waits;
  });
});

test.each<[Parameters<typeof waitForPort>, string]>([
  [[0], 'port'],
  [[65_536], 'port'],
  [[3000, { timeout: -1 }], 'timeout'],
  [[3000, { timeout: Number.NaN }], 'timeout'],
  [[3000, { protocol: 'sctp' as never }], 'protocol'],
  [[3000, { protocol: 'udp', host: 'db' }], 'host'],
])('a wait names the field that cannot be: %o', async (params, field) => {
  const error = await failed(waitForPort(...params));
  expect(error).toBeInstanceOf(InvalidParamsError);
  expect(error.errors).toMatchObject([{ field }]);
});

test.each([waitForPort, waitUntilFree])('%o ends with the reason of its signal', async (wait) => {
  await using block = await reserve({}, inHome());
  const reason = new Error('enough');
  const giveUp = new AbortController();
  const waits = wait(block.ports[0]!, { signal: giveUp.signal, timeout: Number.POSITIVE_INFINITY }, inHome());
  setImmediate(() => giveUp.abort(reason));
  expect(await failed(waits)).toBe(reason);
});
