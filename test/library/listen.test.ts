import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttp, get } from 'node:http';
import { createServer as createHttp2, connect as http2Connect } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bindOn, listenOn, type ReserveParams, reserve } from '../../src/index.ts';
import { listenOnDescriptor } from '../../src/library/server-handle.ts';
import { takeSocket } from '../../src/providers/sockets/take-socket.ts';
import { bundledProgram } from '../support/bundled-program.ts';
import { ownHost } from '../support/own-host.ts';
import { addresses, tryBind } from '../support/sockets.ts';
import { handedOver } from './handed-over.ts';

const skipped = process.platform === 'win32' ? ' (skipped: Windows has test/windows/listen.suite.ts)' : '';
const isLinux = process.platform === 'linux';

async function blockOf(params: ReserveParams = {}) {
  const block = await reserve(params, { host: ownHost() });
  onTestFinished(() => block.release());
  return block;
}

const closed = <S extends Server>(server: S): S => {
  onTestFinished(() => void server.close());
  return server;
};

/** An echo of the word by a new connection, or the error's code. */
async function echo(port: number, host = '127.0.0.1'): Promise<string> {
  const socket = connect({ port, host });
  try {
    await once(socket, 'connect');
    socket.write('word');
    const [data] = await once(socket, 'data');
    return String(data);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code!;
  } finally {
    socket.destroy();
  }
}

const echoServer = () => createServer((socket) => void socket.on('error', () => {}).pipe(socket));

describe.skipIf(skipped)(`listening on what is reserved${skipped}`, () => {
  test('a server listens on the first port, or the one named, and the port stays reserved', async () => {
    const block = await blockOf({ numberOfPorts: 2 });
    const [first, second] = block.ports as [number, number];
    const servers = [closed(echoServer()), closed(echoServer())] as const;
    expect(await block.listen(servers[0])).toBe(first);
    expect(await block.listen(servers[1], { port: second, host: '127.0.0.1', backlog: 5 })).toBe(second);
    expect(servers[0].address()).toMatchObject({ port: first });
    expect(servers[1].address()).toMatchObject({ port: second, address: '127.0.0.1' });
    expect(await echo(first)).toBe('word');
    expect(await echo(first, '::1')).toBe('word');
    expect(await echo(second)).toBe('word');
    expect(await echo(second, '::1')).toBe('ECONNREFUSED');
    for (const address of addresses) expect(await tryBind('tcp', second, address), address).toBe('EADDRINUSE');
    servers[1].close();
    for (const address of addresses) expect(await tryBind('tcp', second, address), address).toBe('EADDRINUSE');
    await block.release();
    expect(await echo(first)).toBe('word');
    expect(await tryBind('tcp', first, '::')).toBe('EADDRINUSE');
    expect(await tryBind('tcp', second, '::')).toBe('bound');
  });

  test('servers of http, https and http2 are servers too', async () => {
    const block = await blockOf({ numberOfPorts: 3 });
    const [http, https, http2] = block.ports as [number, number, number];
    await block.listen(closed(createHttp((_, response) => response.end('http'))), { port: http, host: 'localhost' });
    await block.listen(closed(createHttps()), { port: https });
    await block.listen(closed(createHttp2((_, response) => response.end('http2'))), { port: http2 });
    const [response] = await once(get({ port: http, agent: false }), 'response');
    expect(String((await once(response, 'data'))[0])).toBe('http');
    const session = http2Connect(`http://127.0.0.1:${http2}`);
    const request = session.request({ ':path': '/' });
    expect(String((await once(request, 'data'))[0])).toBe('http2');
    session.destroy();
    expect(await tryBind('tcp', https, '::')).toBe('EADDRINUSE');
  });

  test('a server can stop and another take its place, also while old connections are closing', async () => {
    const block = await blockOf();
    for (let round = 0; round < 3; round++) {
      // The server closes first, so TIME_WAIT is on the port.
      const server = createServer((socket) => void socket.end('word'));
      await block.listen(server);
      const client = connect(block.ports[0]!, '127.0.0.1').resume();
      await once(client, 'close');
      server.close();
      await once(server, 'close');
      expect(await tryBind('tcp', block.ports[0]!, '::')).toBe('EADDRINUSE');
    }
  });

  test('a server follows an ordinary one on a port that yields, while its connections are closing', async () => {
    const block = await blockOf({ hold: 'yield' });
    const [port] = block.ports as [number];
    const ordinary = createServer((socket) => void socket.end('word')).listen(port);
    await once(ordinary, 'listening');
    await once(connect(port, '127.0.0.1').resume(), 'close');
    ordinary.close();
    await once(ordinary, 'close');
    await block.listen(closed(echoServer()));
    expect(await echo(port)).toBe('word');
  });

  test('nobody joins the listener, except where that was asked for', async () => {
    const block = await blockOf({ numberOfPorts: 2 });
    const [alone, shared] = block.ports as [number, number];
    await block.listen(closed(echoServer()), { port: alone });
    const refused = await block.listen(createServer(), { port: alone }).catch((error) => error);
    expect(refused).toMatchObject({ errorName: 'PortInUse', facts: { target: `tcp ${alone}` } });
    await expect(listenOn(createServer(), { port: alone })).rejects.toMatchObject({ errorName: 'PortInUse' });
    await expect(listenOn(createServer(), { port: alone, host: '::1' })).rejects.toMatchObject({
      errorName: 'PortInUse',
    });
    await block.listen(closed(echoServer()), { port: shared, reusePort: true });
    await listenOn(closed(echoServer()), { port: shared, reusePort: true });
    for (let index = 0; index < 20; index++) expect(await echo(shared)).toBe('word');
  });

  test('two servers may have the two loopback addresses of a port', async () => {
    const block = await blockOf();
    const [port] = block.ports as [number];
    await block.listen(closed(createServer((socket) => socket.end('four'))), { host: '127.0.0.1' });
    await block.listen(closed(createServer((socket) => socket.end('six'))), { host: '::1' });
    expect([await echo(port, '127.0.0.1'), await echo(port, '::1')]).toEqual(['four', 'six']);
    await expect(block.listen(createServer())).rejects.toMatchObject({ errorName: 'PortInUse' });
  });

  // As gRPC's servers do by themselves.
  test.skipIf(!isLinux).each([
    [undefined, '::'],
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1', '::'],
    ['::1', '::1'],
  ])('a server on %s loses nothing to one of the same user that sets SO_REUSEPORT on %s', async (host, other) => {
    const block = await blockOf();
    const [port] = block.ports as [number];
    await block.listen(closed(echoServer()), { host });
    const descriptor = await takeSocket({ protocol: 'tcp', port, address: other === '::' ? undefined : other }).catch(
      () => {},
    );
    if (descriptor) await listenOnDescriptor(closed(createServer((socket) => socket.end('thief'))), descriptor);
    const address = host ?? '127.0.0.1';
    for (let index = 0; index < 50; index++) expect(await echo(port, address)).toBe('word');
  });

  test.each(['udp4', 'udp6'] as const)('a socket of %s is bound and gets what is sent', async (type) => {
    const block = await blockOf({ protocol: 'udp' });
    const socket = createSocket(type);
    onTestFinished(() => void socket.close());
    expect(await block.bind(socket)).toBe(block.ports[0]);
    const [target, wildcard] = type === 'udp4' ? ['127.0.0.1', '0.0.0.0'] : ['::1', '::'];
    expect(socket.address()).toMatchObject({ port: block.ports[0], address: wildcard });
    const sender = createSocket(type);
    onTestFinished(() => void sender.close());
    for (const word of ['one', 'two', 'three']) {
      sender.send(word, block.ports[0]!, target);
      const [message, { port }] = await once(socket, 'message');
      expect(String(message)).toBe(word);
      socket.send('back', port, target);
      expect(String((await once(sender, 'message'))[0])).toBe('back');
    }
    expect(await tryBind('udp', block.ports[0]!, target)).toBe('EADDRINUSE');
  });

  test('0 connections and datagrams are lost, and of 200 tries beside it none gets in', async () => {
    const library = join(import.meta.dirname, '../../dist/lib/index.js');
    const program = join(import.meta.dirname, 'projects/hand-over.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [program, library], {
      env: { ...process.env, ...ownHost().env },
    });
    expect(JSON.parse(stdout)).toEqual(handedOver);
  });

  test.each(['strict', 'yield', 'none'] as const)('also where the hold is %s', async (hold) => {
    const block = await blockOf({ protocol: ['tcp', 'udp'], hold });
    const server = closed(echoServer());
    await block.listen(server);
    expect(await echo(block.ports[0]!)).toBe('word');
    expect(await tryBind('tcp', block.ports[0]!, '::')).toBe('EADDRINUSE');
    const socket = createSocket('udp4');
    onTestFinished(() => void socket.close());
    await block.bind(socket);
    const second = createSocket('udp4');
    onTestFinished(() => void second.close());
    await expect(block.bind(second)).rejects.toMatchObject({ errorName: 'PortInUse' });
  });

  test('what cannot be is refused before anything is taken, and says why', async () => {
    const block = await blockOf({ numberOfPorts: 2 });
    const [first, second] = block.ports as [number, number];
    const server = closed(createServer());
    const outside = await block.listen(server, { port: second + 1 }).catch((error) => error);
    expect(outside.errors).toEqual([{ field: 'port', message: `must be in the reservation, ${first} to ${second}` }]);
    const udp = createSocket('udp4');
    onTestFinished(() => void udp.close());
    const wrong = await block.bind(udp).catch((error) => error);
    expect(wrong.errors).toEqual([
      { field: 'protocol', message: 'must have been reserved; this is a reservation of tcp' },
    ]);
    await expect(block.listen(server, { host: '192.0.2.1' })).rejects.toMatchObject({
      errorName: 'OsError',
      facts: { osCode: 'EADDRNOTAVAIL' },
    });
    await block.listen(server);
    const twice = await block.listen(server, { port: second }).catch((error) => error);
    expect(twice.errors).toEqual([{ field: 'server', message: 'listens already' }]);
    await block.release();
    await expect(block.listen(createServer())).rejects.toMatchObject({ errorName: 'NotFound' });
    // Nothing was left on the port that nobody got.
    expect(await tryBind('tcp', second, '::')).toBe('bound');
    await expect(listenOn(createServer(), { port: 70_000 })).rejects.toMatchObject({ errors: [{ field: 'port' }] });
    await expect(bindOn(udp, { port: 0 })).rejects.toMatchObject({ errors: [{ field: 'port' }] });
  });

  test('a datagram socket that is bound already is refused, and the port not taken', async () => {
    const block = await blockOf({ protocol: 'udp' });
    const socket = createSocket('udp4').bind(0);
    onTestFinished(() => void socket.close());
    await once(socket, 'listening');
    await expect(block.bind(socket)).rejects.toMatchObject({ code: 'ERR_SOCKET_ALREADY_BOUND' });
    await block.release();
    expect(await tryBind('udp', block.ports[0]!, '0.0.0.0')).toBe('bound');
  });

  const worker = bundledProgram(join(import.meta.dirname, 'programs/cluster.ts'));
  test('workers of a cluster share a port that their primary reserved', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [await worker()], {
      env: { ...process.env, ...ownHost().env },
    });
    expect(JSON.parse(stdout)).toEqual({ workers: 2, answers: 40, strangers: 'EADDRINUSE' });
  });
});

describe.skipIf(skipped)(`a port for a child${skipped}`, () => {
  const child = `
    const server = require('node:net').createServer((socket) => socket.end('child'));
    process.once('message', () => server.listen({ fd: 3 }, () => process.send('listens')));`;

  test('is a descriptor whose connections wait until the child accepts them', async () => {
    const block = await blockOf();
    const opened = await block.open();
    onTestFinished(() => opened.close());
    expect(opened).toMatchObject({ port: block.ports[0], protocol: 'tcp', fd: expect.any(Number) });
    const early = connect(opened.port, '127.0.0.1');
    await once(early, 'connect');
    const stdio = ['ignore', 'inherit', 'inherit', opened.fd, 'ipc'] as const;
    const server = spawn(process.execPath, ['-e', child], { stdio: [...stdio] });
    onTestFinished(() => void server.kill());
    opened.close();
    opened.close();
    const listens = once(server, 'message');
    server.send('listen');
    await listens;
    expect(String((await once(early, 'data'))[0])).toBe('child');
    expect(await tryBind('tcp', opened.port, '::')).toBe('EADDRINUSE');
  });

  test('can be one that nothing listens on yet, or of datagrams', async () => {
    const block = await blockOf({ protocol: ['tcp', 'udp'] });
    using silent = await block.open(block.ports[0], { listening: false });
    expect(await echo(silent.port)).toBe('ECONNREFUSED');
    using udp = await block.open(undefined, { protocol: 'udp', host: '127.0.0.1' });
    expect(udp).toMatchObject({ protocol: 'udp', port: silent.port });
  });
});

describe('reserve', () => {
  test('needs no arguments, and takes one protocol or several', async () => {
    expect(await blockOf()).toMatchObject({ protocol: 'tcp', ports: [expect.any(Number)] });
    const both = await blockOf({ protocol: ['udp', 'tcp'], numberOfPorts: 2 });
    expect(both.reservations.map(({ protocol, range }) => [protocol, range])).toEqual([
      ['udp', both.range],
      ['tcp', both.range],
    ]);
    if (isLinux) expect(await tryBind('tcp', both.ports[1]!, '::')).toBe('EADDRINUSE');
    await both.release();
    expect(await tryBind('tcp', both.ports[1]!, '::')).toBe('bound');
    expect(await tryBind('udp', both.ports[1]!, '::')).toBe('bound');
  });

  test.each([
    [{ protocol: [] }, 'protocol'],
    [{ protocol: ['tcp', 'tcp'] }, 'protocol'],
    [{ protocol: ['tcp', 'sctp'] }, 'protocol'],
    [{ whatIf: true }, 'whatIf'],
  ])('names the field of what cannot be: %o', async (params, field) => {
    const refused = await reserve(params as ReserveParams, { host: ownHost() }).catch((error) => error);
    expect(refused.errors).toMatchObject([{ field }]);
  });
});
