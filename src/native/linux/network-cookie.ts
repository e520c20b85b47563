import { endianness } from 'node:os';
import { koffi } from '../koffi.ts';
import { Sockets } from '../posix/socket.ts';
import { SO_NETNS_COOKIE, SOL_SOCKET } from './bpf-layout.ts';

/** The cookie of the network namespace that new sockets of this process are in; undefined before Linux 5.14. */
export async function networkCookie(): Promise<bigint | undefined> {
  const library = (await koffi()).load(null);
  const getsockopt = library.func('int getsockopt(int fd, int level, int name, void *value, _Inout_ uint32_t *length)');
  const sockets = await Sockets.load();
  const descriptor = sockets.open('inet', 'udp');
  try {
    const cookie = Buffer.alloc(8);
    if (getsockopt(descriptor, SOL_SOCKET, SO_NETNS_COOKIE, cookie, [cookie.length]) < 0) return undefined;
    return endianness() === 'LE' ? cookie.readBigUInt64LE() : cookie.readBigUInt64BE();
  } finally {
    sockets.close(descriptor);
  }
}
