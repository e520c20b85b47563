import koffi from 'koffi';
import { tokenBytes } from '../../../../src/native/linux/socket-token.ts';

const library = process.platform === 'linux' ? koffi.load(null) : undefined;
const declare = (prototype: string) => library?.func(prototype) ?? (() => -1);

/** The C library's functions that tests of the gate call past Node and past the product. */
export const libc = {
  socket: declare('int socket(int, int, int)'),
  bind: declare('int bind(int, void *, int)'),
  listen: declare('int listen(int, int)'),
  connect: declare('int connect(int, void *, int)'),
  setsockopt: declare('int setsockopt(int, int, int, void *, uint)'),
  getsockname: declare('int getsockname(int, void *, void *)'),
  sendto: declare('long sendto(int, void *, size_t, int, void *, int)'),
  close: declare('int close(int)'),
  unshare: declare('int unshare(int)'),
  setns: declare('int setns(int, int)'),
  syscall: declare('long syscall(long, long, long, long, long, long, long)'),
};

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 2048;
export const SOCK_CLOEXEC = 0o2000000;
export const IPPROTO_MPTCP = 262;
export const TOKEN = { level: 0x5052, option: 1 } as const;

/** The name of the error of the call just made. */
export const errnoName = (): string =>
  Object.entries(koffi.os.errno).find(([, value]) => value === koffi.errno())?.[0] ?? `errno ${koffi.errno()}`;

const inet6: Record<string, [number, number][]> = {
  '::': [],
  '::1': [[15, 1]],
  '::ffff:127.0.0.1': [
    [10, 255],
    [11, 255],
    [12, 127],
    [15, 1],
  ],
};

/** A socket address in C's memory. */
export function address(ip: string, port: number): Buffer {
  const six = ip.includes(':');
  const bytes = Buffer.alloc(six ? 28 : 16);
  new Uint16Array(bytes.buffer, bytes.byteOffset, 1)[0] = six ? AF_INET6 : AF_INET;
  bytes.writeUInt16BE(port, 2);
  if (six) for (const [at, value] of inet6[ip]!) bytes[8 + at] = value;
  else for (const [at, part] of ip.split('.').entries()) bytes[4 + at] = Number(part);
  return bytes;
}

export const int = (value: number): Buffer => Buffer.from(Int32Array.of(value).buffer);

/** The port a socket has. */
export function portOf(descriptor: number): number {
  const [name, length] = [Buffer.alloc(28), int(28)];
  libc.getsockname(descriptor, name, length);
  return name.readUInt16BE(2);
}

/** How a socket is made and bound. */
export interface BindOptions {
  ip?: string;
  type?: number;
  protocol?: number;
  token?: bigint;
  /** Level, option and value of each that is set before the token. */
  options?: [number, number, number | Buffer][];
  listen?: boolean;
  /** Gets the descriptor, which then stays open. */
  keep?: number[];
}

/** Opens, sets, binds and closes: `bound`, the port where the system chose, or what was refused with what. */
export function tryBind(port: number, how: BindOptions = {}): string | number {
  const { ip = '0.0.0.0', type = SOCK_STREAM, protocol = 0, token, options = [], listen, keep } = how;
  const descriptor = libc.socket(ip.includes(':') ? AF_INET6 : AF_INET, type, protocol);
  if (descriptor < 0) return `socket ${errnoName()}`;
  try {
    for (const [level, option, value] of options) {
      const bytes = typeof value === 'number' ? int(value) : value;
      if (libc.setsockopt(descriptor, level, option, bytes, bytes.length) < 0) return `setsockopt ${errnoName()}`;
    }
    if (token !== undefined && libc.setsockopt(descriptor, TOKEN.level, TOKEN.option, tokenBytes(token), 8) < 0) {
      return `associate ${errnoName()}`;
    }
    const name = address(ip, port);
    if (libc.bind(descriptor, name, name.length) < 0) return errnoName();
    if (listen && libc.listen(descriptor, 5) < 0) return `listen ${errnoName()}`;
    return port === 0 ? portOf(descriptor) : 'bound';
  } finally {
    if (keep) keep.push(descriptor);
    else libc.close(descriptor);
  }
}
