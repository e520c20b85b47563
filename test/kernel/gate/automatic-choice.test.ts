import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { KernelGate } from '../../../src/providers/linux/kernel/kernel-gate.ts';
import {
  AF_INET,
  address,
  errnoName,
  int,
  libc,
  portOf,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  tryBind,
} from './support/raw-sockets.ts';
import { gateTitle, noGate, useRoom } from './support/room.ts';

const room = useRoom();
const only = 30_000;
const settings = '/proc/sys/net/ipv4';

function withSocket(type: number, work: (descriptor: number) => string | number): string | number {
  const descriptor = libc.socket(AF_INET, type, 0);
  try {
    return work(descriptor);
  } finally {
    libc.close(descriptor);
  }
}

/** The port a connect took, nobody listening at its other end; the error where it took none. */
function connected(descriptor: number): string | number {
  const to = address('127.0.0.1', 7);
  libc.connect(descriptor, to, to.length);
  const error = errnoName();
  return portOf(descriptor) || (error === 'ECONNREFUSED' ? only : error);
}

/** Each way by which a program gets a port without naming one, in the room's dynamic range of a single port. */
const ways: Record<string, () => string | number> = {
  'bind to port 0': () => tryBind(0),
  'bind to port 0 over IPv6': () => tryBind(0, { ip: '::' }),
  'bind to port 0 of UDP': () => tryBind(0, { type: SOCK_DGRAM }),
  'bind to port 0 with IP_LOCAL_PORT_RANGE': () => tryBind(0, { options: [[0, 51, int((only << 16) | only)]] }),
  'bind to port 0 with a token': () => tryBind(0, { token: 5n }),
  'listen without bind': () =>
    withSocket(SOCK_STREAM, (descriptor) => (libc.listen(descriptor, 1) < 0 ? errnoName() : portOf(descriptor))),
  'connect without bind': () => withSocket(SOCK_STREAM | SOCK_NONBLOCK, connected),
  'connect with IP_BIND_ADDRESS_NO_PORT': () =>
    withSocket(SOCK_STREAM | SOCK_NONBLOCK, (descriptor) => {
      libc.setsockopt(descriptor, 0, 24, int(1), 4);
      libc.bind(descriptor, address('127.0.0.1', 0), 16);
      return connected(descriptor);
    }),
  'sendto without bind': () =>
    withSocket(SOCK_DGRAM, (descriptor) => {
      const to = address('127.0.0.1', 7);
      return libc.sendto(descriptor, Buffer.from('x'), 1, 0, to, to.length) < 0 ? errnoName() : portOf(descriptor);
    }),
};

// Why the list ip_local_reserved_ports stays a part of what keeps a reserved port: the gate is not asked for these.
describe.skipIf(noGate)(gateTitle('automatic choice'), () => {
  test.each(Object.entries(ways))('by %s is kept away by the list alone', async (_what, way) => {
    const gate = KernelGate.own(room);
    onTestFinished(() => gate.close());
    for (const protocol of ['tcp', 'udp'] as const) await gate.acquire(protocol, { startPort: only, numberOfPorts: 1 });
    const range = readFileSync(`${settings}/ip_local_port_range`, 'utf8');
    onTestFinished(() => {
      writeFileSync(`${settings}/ip_local_reserved_ports`, '\n');
      writeFileSync(`${settings}/ip_local_port_range`, range);
    });
    writeFileSync(`${settings}/ip_local_port_range`, `${only} ${only}`);
    expect(way()).toBe(only);
    writeFileSync(`${settings}/ip_local_reserved_ports`, `${only}`);
    expect(way()).toMatch(/^E(ADDRINUSE|ADDRNOTAVAIL|AGAIN)$/);
  });
});
