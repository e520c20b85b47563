import { once } from 'node:events';
import { createServer } from 'node:net';

/** Whether an ordinary server can have the port. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen({ port, host: '127.0.0.1' });
  const free = await Promise.race([
    once(server, 'listening').then(() => true),
    new Promise<false>((resolve) => server.once('error', () => resolve(false))),
  ]);
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}
