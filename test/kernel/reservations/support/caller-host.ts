/**
 * Another program on the same machine, for the suites of Windows: it makes the calls it is told to on standard input, an
 * object a line, and answers likewise, in Windows' codes. Its reservations are at the gate itself, and in no ledger.
 * Bundled and started by gate-as-windows.ts.
 */
import { createInterface } from 'node:readline';
import { tokenBytes } from '../../../../src/native/linux/socket-token.ts';
import type { Protocol } from '../../../../src/protocol/generated/contract.ts';
import { KernelGate } from '../../../../src/providers/linux/kernel/kernel-gate.ts';
import {
  AF_INET,
  AF_INET6,
  address,
  errnoName,
  int,
  libc,
  portOf,
  SOCK_DGRAM,
  SOCK_STREAM,
  TOKEN,
} from '../../gate/support/raw-sockets.ts';

const WSAEACCES = 10013;
const ERROR_NOT_FOUND = 1168;
const inet6OfWindows = 23;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;

const pinned = KernelGate.pinned({ userId: 0 });
const families = new Map<number, number>();

/** Linux says of a reserved port what it says of one in use; what is asked here is whether it is refused. */
function codeOf(returned: number): number {
  if (returned >= 0) return 0;
  return errnoName() === 'EADDRINUSE' ? WSAEACCES : 1;
}

const rangeOf = (startPort: number, numberOfPorts: number) => ({ startPort, numberOfPorts });

const primitives: Record<string, (...args: never[]) => unknown> = {
  async create(protocol: Protocol, startPort: number, numberOfPorts: number) {
    const token = await pinned.acquire(protocol, rangeOf(startPort, numberOfPorts));
    return { code: 0, token: `${token}` };
  },
  async lookup(protocol: Protocol, startPort: number, numberOfPorts: number) {
    const token = await pinned.lookup(protocol, rangeOf(startPort, numberOfPorts));
    return token === undefined ? { code: ERROR_NOT_FOUND } : { code: 0, token: `${token}` };
  },
  socket(protocol: Protocol, family = 2) {
    const own = family === inet6OfWindows ? AF_INET6 : AF_INET;
    const socket = libc.socket(own, protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM, 0) as number;
    // As sockets of Windows are by themselves.
    if (own === AF_INET6) libc.setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, int(1), 4);
    families.set(socket, own);
    return socket;
  },
  associate(socket: number, token: string) {
    const bytes = tokenBytes(BigInt(token));
    return { code: codeOf(libc.setsockopt(socket, TOKEN.level, TOKEN.option, bytes, bytes.length)), bytes: 0 };
  },
  bind(socket: number, port: number) {
    const name = address(families.get(socket) === AF_INET6 ? '::' : '0.0.0.0', port);
    const code = codeOf(libc.bind(socket, name, name.length));
    return code === 0 ? { code, port: portOf(socket) } : { code };
  },
  listen: (socket: number) => ({ code: codeOf(libc.listen(socket, 5)) }),
  close: (socket: number) => ({ code: codeOf(libc.close(socket)) }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { name, args } = JSON.parse(line) as { name: string; args: never[] };
  let answer: object;
  try {
    answer = { result: await primitives[name]!(...args) };
  } catch (error) {
    answer = { error: (error as Error).message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
