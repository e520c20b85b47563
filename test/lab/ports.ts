import { once } from 'node:events';
import { createServer } from 'node:net';
import { browserBlockedPorts, wellKnownPorts } from '../../src/service/ports/choose.ts';

/** Whether automatic choice passes over a port of the block: it would then find no block in it. */
const hasAvoidedPort = (first: number, count: number): boolean =>
  [...browserBlockedPorts, ...wellKnownPorts].some((port) => first <= port && port < first + count);

/**
 * The first of `count` ports that are free for TCP, outside both systems' dynamic ranges, none of them one that automatic
 * choice passes over. No port of the block has two equal bytes, and none is another one with its bytes swapped: a
 * forgotten swap then shows.
 */
export async function freeBlock(count: number): Promise<number> {
  for (;;) {
    const first = 0x2800 + Math.floor(Math.random() * 0x5000);
    const high = first >> 8;
    const oneHigh = high === (first + count) >> 8;
    const apart = (first & 0xff) > high || (first & 0xff) + count < high;
    if (oneHigh && apart && !hasAvoidedPort(first, count) && (await areFree(first, count))) return first;
  }
}

async function areFree(first: number, count: number): Promise<boolean> {
  for (let port = first; port < first + count; port++) {
    const server = createServer();
    try {
      await once(server.listen({ port, exclusive: true }), 'listening');
    } catch {
      return false;
    }
    server.close();
    await once(server, 'close');
  }
  return true;
}
