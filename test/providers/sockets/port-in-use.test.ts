import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ServiceError } from '../../../src/protocol/errors.ts';
import type { Protocol } from '../../../src/protocol/generated/contract.ts';
import { visitSockets } from '../../../src/providers/proc/proc-net.ts';
import { portsInUse, statesOf } from '../../../src/providers/proc/socket-table.ts';
import { TCP_TIME_WAIT } from '../../../src/providers/proc/tcp-states.ts';
import { firstPortInUse } from '../../../src/providers/sockets/bind-ports.ts';
import { useOwnNetwork } from '../../kernel/held/support/own-network.ts';
import { freeRange, openHeldPorts } from '../../kernel/held/support/ports.ts';
import { addresses } from '../../kernel/held/support/python.ts';

useOwnNetwork();

const skipped = process.platform === 'linux' ? '' : ' (skipped: needs Linux)';

async function listen(host: string, port: number): Promise<Server> {
  const server = createServer((socket) => socket.end()).listen({ host, port });
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return server;
}

async function bindDatagrams(address: string, port: number): Promise<void> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4').bind(port, address);
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
}

async function holdFailure(protocol: Protocol, port: number): Promise<ServiceError> {
  return openHeldPorts()
    .hold(protocol, { startPort: port, numberOfPorts: 1 })
    .then(
      () => expect.unreachable('the port could be held'),
      (error) => error,
    );
}

describe.skipIf(skipped).each(addresses)(`a port in use on %s${skipped}`, (address) => {
  test('by a TCP listener is found by bind and by the survey, and the hint shows who has it', async () => {
    const { startPort: port } = await freeRange(3);
    await listen(address, port + 1);
    expect(await firstPortInUse('tcp', { startPort: port, numberOfPorts: 3 })).toBe(port + 1);
    const survey = await portsInUse('tcp');
    expect([port, port + 1, port + 2].map((each) => survey.has(each))).toEqual([false, true, false]);
    const { facts, message } = await holdFailure('tcp', port + 1);
    expect(message).toBe(`tcp ${port + 1} is in use.`);
    expect(facts.remedy).toMatchObject({ action: 'inspect', protocol: 'tcp', range: { startPort: port + 1 } });
    expect(await firstPortInUse('udp', { startPort: port, numberOfPorts: 3 })).toBeUndefined();
  });

  test('by a UDP socket is found by bind and by the survey, and the hint shows who has it', async () => {
    const { startPort: port } = await freeRange(3);
    await bindDatagrams(address, port + 1);
    expect(await firstPortInUse('udp', { startPort: port, numberOfPorts: 3 })).toBe(port + 1);
    const survey = await portsInUse('udp');
    expect([port, port + 1, port + 2].map((each) => survey.has(each))).toEqual([false, true, false]);
    expect((await holdFailure('udp', port + 1)).facts.remedy).toMatchObject({ action: 'inspect', protocol: 'udp' });
    expect(await firstPortInUse('tcp', { startPort: port, numberOfPorts: 3 })).toBeUndefined();
  });
});

describe.skipIf(skipped)(`a TCP port in use${skipped}`, () => {
  test('by a socket that does not listen is found by bind and by the survey', async () => {
    const range = await freeRange(1);
    await openHeldPorts().hold('tcp', range);
    expect((await portsInUse('tcp')).has(range.startPort)).toBe(true);
    expect(await firstPortInUse('tcp', range)).toBe(range.startPort);
    expect((await holdFailure('tcp', range.startPort)).facts.hint).toContain('Look at the port');
  });

  test('by closing connections alone is had, and is kept from servers then', async () => {
    const server = await listen('127.0.0.1', 0);
    const { port } = server.address() as AddressInfo;
    const client = connect(port, '127.0.0.1').resume();
    await once(client, 'close');
    server.close();
    await once(server, 'close');
    for (let states = new Set([0]); !(states.size === 1 && states.has(TCP_TIME_WAIT)); ) {
      await setImmediate();
      states = new Set();
      await visitSockets('tcp', (other, state) => other === port && states.add(state));
    }
    const only = { startPort: port, numberOfPorts: 1 };
    expect(await firstPortInUse('tcp', only)).toBeUndefined();
    const held = openHeldPorts();
    await held.hold('tcp', only);
    // Node sets SO_REUSEADDR, as every server does.
    const later = createServer().listen({ host: '127.0.0.1', port });
    expect(await once(later, 'error')).toMatchObject([{ code: 'EADDRINUSE' }]);
    await held.release('tcp', only);
    await listen('127.0.0.1', port);
  });
});

test.skipIf(skipped)(
  `a port that a closed connection of a client is left on is had, and kept from those that only bind it${skipped}`,
  async () => {
    const { startPort: port } = await freeRange(1);
    const python = (script: string) =>
      spawnSync('python3', ['-c', `import socket\n${script}`], { encoding: 'utf8' }).stderr;
    // No socket of the port ever listened: some kernels remember that all had the option.
    const bind = `s = socket.socket(); s.setsockopt(1, 2, 1); s.bind(("127.0.0.1", ${port}))`;
    const close = 's.close(); a, _ = l.accept(); a.recv(1); a.close()';
    const left = python(`l = socket.create_server(("127.0.0.1", 0))\n${bind}; s.connect(l.getsockname()); ${close}`);
    expect(left).toBe('');
    expect(await statesOf('tcp', port)).toEqual(new Set([TCP_TIME_WAIT]));
    const held = openHeldPorts();
    await held.hold('tcp', { startPort: port, numberOfPorts: 1 });
    expect(python(bind)).toContain('Address already in use');
    await held.release('tcp', { startPort: port, numberOfPorts: 1 });
    expect(python(bind)).toBe('');
  },
);

test.skipIf(skipped)(`a cancelled probe stops with the signal's reason${skipped}`, async () => {
  const range = await freeRange(2000);
  const controller = new AbortController();
  const probing = firstPortInUse('tcp', range, controller.signal);
  controller.abort(new Error('cancelled'));
  await expect(probing).rejects.toThrow('cancelled');
});
