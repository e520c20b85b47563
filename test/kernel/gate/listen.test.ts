import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bindOn, listenOn } from '../../../src/index.ts';
import { KernelGate } from '../../../src/providers/linux/kernel/kernel-gate.ts';
import { gateTitle, noGate, useRoom } from './support/room.ts';

const room = useRoom();

async function acquired(protocol: 'tcp' | 'udp', port: number): Promise<string> {
  const gate = KernelGate.own(room);
  onTestFinished(() => gate.close());
  return `${await gate.acquire(protocol, { startPort: port, numberOfPorts: 1 })}`;
}

describe.skipIf(noGate)(gateTitle('the library on a range that the kernel enforces'), () => {
  test('listens by the token, on all addresses and on one, and not without it', async () => {
    const port = 21_230;
    const token = await acquired('tcp', port);
    for (const host of [undefined, '127.0.0.1']) {
      const server = createServer((socket) => socket.end('word'));
      onTestFinished(() => void server.close());
      await expect(listenOn(server, { port, host })).rejects.toMatchObject({ name: 'ServiceError' });
      await listenOn(server, { port, host, token });
      const [data] = await once(connect(port, '127.0.0.1'), 'data');
      expect(`${data}`).toBe('word');
      server.close();
      await once(server, 'close');
    }
  });

  test('receives by the token, and not without it', async () => {
    const port = 21_231;
    const token = await acquired('udp', port);
    const receiver = createSocket('udp4');
    const sender = createSocket('udp4');
    onTestFinished(() => void [receiver, sender].map((socket) => socket.close()));
    await expect(bindOn(receiver, { port })).rejects.toMatchObject({ name: 'ServiceError' });
    await bindOn(receiver, { port, token });
    const arrives = once(receiver, 'message');
    sender.send('word', port, '127.0.0.1');
    expect(`${(await arrives)[0]}`).toBe('word');
  });
});
