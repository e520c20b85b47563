import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Protocol } from '../../src/protocol/generated/contract.ts';

/** Every address an ordinary server listens on. */
export const addresses = ['0.0.0.0', '127.0.0.1', '::', '::1'] as const;

export interface OpenSocket {
  readonly port: number;
  close(): Promise<void>;
}

/** Opens a socket as an ordinary Node server does: listening (tcp) or bound (udp). `::` takes IPv4 too. */
export async function openSocket(protocol: Protocol, port: number, address: string): Promise<OpenSocket> {
  if (protocol === 'tcp') {
    const server = createServer().listen({ port, host: address });
    await once(server, 'listening');
    const { port: bound } = server.address() as { port: number };
    return { port: bound, close: () => new Promise((resolve) => server.close(() => resolve())) };
  }
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const failed = once(socket, 'error').then(([error]) => Promise.reject(error));
  socket.bind({ port, address });
  await Promise.race([once(socket, 'listening'), failed]);
  failed.catch(() => {});
  return { port: socket.address().port, close: () => new Promise((resolve) => socket.close(() => resolve())) };
}

/** Tries to open such a socket and closes it: the error code, or `bound`. */
export async function tryBind(protocol: Protocol, port: number, address: string): Promise<string> {
  try {
    await (await openSocket(protocol, port, address)).close();
    return 'bound';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** Opens sockets on port 0 until the system has no port left, at most `limit`; closes them and gives their ports. */
export async function automaticPorts(protocol: Protocol, limit: number): Promise<number[]> {
  const sockets: OpenSocket[] = [];
  try {
    while (sockets.length < limit) sockets.push(await openSocket(protocol, 0, '0.0.0.0'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
  } finally {
    await Promise.all(sockets.map((socket) => socket.close()));
  }
  return sockets.map(({ port }) => port).sort((a, b) => a - b);
}
