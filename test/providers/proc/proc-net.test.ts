import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { visitLines } from '../../../src/providers/proc/proc-net.ts';
import { portsInUse } from '../../../src/providers/proc/socket-table.ts';
import { useOwnNetwork } from '../../kernel/held/support/own-network.ts';

useOwnNetwork();

const tables = {
  tcp: [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                  ',
    '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5091 1 0000000000000000 100 ',
    '   1: 0100007F:FFFF 0100007F:1F90 06 00000000:00000000 03:00001771 00000000     0        0 0 3 0000000000000000    ',
    '',
  ].join('\n'),
  tcp6: [
    '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when',
    '   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 0',
    '12345: 00000000000000000000000001000000:ABCD 00000000000000000000000001000000:0016 01 00000000:00000000 00:00000000 0',
    '',
  ].join('\n'),
};

const expected = {
  tcp: [
    [0x1f90, 0x0a],
    [0xffff, 0x06],
  ],
  tcp6: [
    [0x16, 0x0a],
    [0xabcd, 0x01],
  ],
};

function socketsIn(table: Uint8Array, length = table.length) {
  const sockets: number[][] = [];
  const used = visitLines(table, length, (port, state) => sockets.push([port, state]));
  return { sockets, used };
}

describe.each(['tcp', 'tcp6'] as const)('a /proc/net/%s table', (name) => {
  const bytes = Buffer.from(tables[name]);

  test('gives port and state of each socket', () => {
    expect(socketsIn(bytes)).toEqual({ sockets: expected[name], used: bytes.length });
  });

  test('gives the same cut in two at any byte, whatever the buffer still holds behind it', () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const first = socketsIn(bytes, cut);
      const rest = socketsIn(bytes.subarray(first.used));
      expect([...first.sockets, ...rest.sockets]).toEqual(expected[name]);
      expect(first.used).toBeLessThanOrEqual(cut);
    }
  });
});

const skipped = process.platform === 'linux' ? '' : ' (skipped: needs Linux)';

test.skipIf(skipped)(`the survey of many sockets misses none${skipped}`, async () => {
  // Some tens of reads: the kernel gives a page at a time.
  const servers = await Promise.all(
    Array.from({ length: 1000 }, async (_, index) => {
      const server = createServer().listen(0, index % 2 ? '127.0.0.1' : '::1');
      await once(server, 'listening');
      return server;
    }),
  );
  onTestFinished(() => servers.forEach((server) => void server.close()));
  const survey = await portsInUse('tcp');
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  expect(ports.filter((port) => !survey.has(port))).toEqual([]);
});
