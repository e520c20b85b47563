import { describe, expect, test } from 'vitest';
import { expectFree, expectReserved } from './support/ports.ts';
import { eachMachine, type Windows } from './support/windows.ts';

/** Does what the lines say with the library and Node's own modules, and prints one JSON document. */
const script = (body: string) => `
  const { reserve, listenOn } = await import(process.argv[2]);
  const net = await import('node:net');
  const dgram = await import('node:dgram');
  const http = await import('node:http');
  const { once } = await import('node:events');
  const echo = async (port, host) => {
    const socket = net.connect({ port, host });
    try {
      await once(socket, 'connect');
      socket.write('word');
      return String((await once(socket, 'data'))[0]);
    } catch ({ code }) {
      return code;
    } finally {
      socket.destroy();
    }
  };
  const print = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
  const input = process.stdin[Symbol.asyncIterator]();
  ${body}`;

/** Servers on reserved ports, while others are kept out by the system. */
export function listenSuite(windows: Windows): void {
  describe('listening on what is reserved', () => {
    const machine = eachMachine(windows);

    test('a server and a datagram socket get their ports by the token, and nobody else', async () => {
      const program = await machine().caller();
      const start = (await machine().block(4)) + 1;
      const code = script(`
        const block = await reserve({ protocol: ['tcp', 'udp'], startPort: ${start}, numberOfPorts: 2 });
        const server = net.createServer((socket) => socket.on('error', () => {}).pipe(socket));
        await block.listen(server);
        const local = http.createServer((_, response) => response.end('http'));
        await block.listen(local, { port: block.ports[1], host: '127.0.0.1' });
        const [response] = await once(http.get({ port: block.ports[1], host: '127.0.0.1', agent: false }), 'response');
        const receiver = dgram.createSocket('udp4');
        await block.bind(receiver);
        const sender = dgram.createSocket('udp4');
        sender.send('one', block.ports[0], '127.0.0.1');
        const [message, from] = await once(receiver, 'message');
        receiver.send('back', from.port, '127.0.0.1');
        const [back] = await once(sender, 'message');
        sender.close();
        print({
          echoes: [await echo(block.ports[0], '127.0.0.1'), await echo(block.ports[0], '::1')],
          addresses: [server.address(), local.address(), receiver.address()],
          http: String((await once(response, 'data'))[0]),
          datagrams: [String(message), String(back)],
          open: await block.open().catch(({ errorName }) => errorName),
          again: await block.listen(net.createServer()).catch(({ errorName }) => errorName),
        });
        await input.next();
        for (const one of [server, local, receiver]) await new Promise((resolve) => one.close(resolve));
        await block.release();
        print('released');
        await input.next();`);
      const process = await machine().script(code);
      const lines = process.stdout.setEncoding('utf8')[Symbol.asyncIterator]();
      expect(JSON.parse((await lines.next()).value ?? JSON.stringify(await process.ended))).toMatchObject({
        echoes: ['word', 'word'],
        addresses: [{ port: start }, { port: start + 1, address: '127.0.0.1' }, { port: start, family: 'IPv4' }],
        http: 'http',
        datagrams: ['one', 'back'],
        open: 'NotSupported',
        again: 'PortInUse',
      });
      await expectReserved(program, 'tcp', start, 2);
      process.stdin.write('go on\n');
      expect(JSON.parse((await lines.next()).value)).toBe('released');
      await expectFree(program, 'tcp', start, 2);
      process.stdin.end();
      expect(await process.ended).toMatchObject({ code: 0, stderr: '' });
    });

    test('where nothing but the record keeps the port, a server listens as always', async () => {
      const start = await machine().block(1);
      const code = script(`
        const block = await reserve({ startPort: ${start}, hold: 'yield' });
        const server = net.createServer((socket) => socket.pipe(socket));
        await block.listen(server);
        print([server.address().port, await echo(server.address().port, '127.0.0.1')]);
        server.close();
        await block.release();
        const other = net.createServer();
        await listenOn(other, { port: ${start} });
        print(other.address().port);
        other.close();`);
      const process = await machine().script(code);
      process.stdin.end();
      const { stdout, stderr } = await process.ended;
      expect({ lines: stdout.trim().split('\n'), stderr }).toEqual({
        lines: [`[${start},"word"]`, `${start}`],
        stderr: '',
      });
    });
  });
}
