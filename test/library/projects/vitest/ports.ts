import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { workerPorts } from 'portreservation/vitest';
import { expect } from 'vitest';

/** Listens on each of the worker's ports, says which they are, and leaves them to the next file. */
export async function useAll(file: string): Promise<void> {
  const ports = workerPorts();
  expect(ports).toHaveLength(10);
  const servers: Server[] = [];
  for (const port of ports) {
    const server = createServer((_, response) => response.end(file)).listen(port);
    await once(server, 'listening');
    servers.push(server);
    const [response] = (await once(get({ port, agent: false }), 'response')) as [IncomingMessage];
    expect(await text(response)).toBe(file);
  }
  process.stdout.write(`${file} worker ${process.env.VITEST_POOL_ID} ports ${ports[0]}-${ports.at(-1)}\n`);
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
}
