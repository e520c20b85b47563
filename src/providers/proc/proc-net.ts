import { closeSync, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { Protocol } from '../../protocol/generated/contract.ts';

/**
 * What is told of each socket: its local port, its state as in include/net/tcp_states.h, and where its line lies in the
 * buffer, which the next read overwrites.
 */
export type SocketVisitor = (port: number, state: number, table: Uint8Array, start: number, end: number) => void;

// The kernel fills at most a page or so per read, in whole lines; this leaves room for one longer than that.
const bufferSize = 64 * 1024;
const readsPerTurn = 128;

const lineFeed = 0x0a;
const colon = 0x3a;

/** The value of a hexadecimal digit 0-9 A-F. */
const digit = (code: number) => (code < colon ? code - 0x30 : code - 0x37);

/**
 * Tells of the sockets in the complete lines of a /proc/net table, which look like
 * `   0: 0100007F:1F90 00000000:0000 0A ...` with 8 or 32 digits of address.
 * @returns how many bytes these lines take
 */
export function visitLines(table: Uint8Array, length: number, visit: SocketVisitor): number {
  let start = 0;
  for (;;) {
    const end = table.indexOf(lineFeed, start);
    if (end < 0 || end >= length) return start;
    const number = table.indexOf(colon, start);
    // The heading has no colon.
    if (number >= 0 && number < end) {
      const port = table.indexOf(colon, number + 1) + 1;
      const state = port + (port - number) + 8;
      visit(
        (digit(table[port]!) << 12) |
          (digit(table[port + 1]!) << 8) |
          (digit(table[port + 2]!) << 4) |
          digit(table[port + 3]!),
        (digit(table[state]!) << 4) | digit(table[state + 1]!),
        table,
        start,
        end,
      );
    }
    start = end + 1;
  }
}

async function visitTable(path: string, buffer: Buffer, visit: SocketVisitor): Promise<void> {
  const descriptor = openSync(path, 'r');
  try {
    let kept = 0;
    for (let reads = 1; ; reads++) {
      const read = readSync(descriptor, buffer, kept, buffer.length - kept, null);
      if (read === 0) return;
      const length = kept + read;
      const used = visitLines(buffer, length, visit);
      buffer.copyWithin(0, used, length);
      kept = length - used;
      if (reads % readsPerTurn === 0) await setImmediate();
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Tells of every socket of the protocol that this network namespace lists, IPv4 and IPv6. */
export async function visitSockets(protocol: Protocol, visit: SocketVisitor): Promise<void> {
  const buffer = Buffer.allocUnsafe(bufferSize);
  for (const table of [protocol, `${protocol}6`]) {
    try {
      await visitTable(`/proc/net/${table}`, buffer, visit);
    } catch (error) {
      // No IPv6 here, or no such tables on this system.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}
