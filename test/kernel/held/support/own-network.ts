import { isMainThread } from 'node:worker_threads';
import koffi from 'koffi';
import { beforeAll } from 'vitest';

const CLONE_NEWNET = 0x40000000;
const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 1;

/** A `struct ifreq` that brings the loopback interface up. */
function loopbackUp(): Buffer {
  const request = Buffer.alloc(40);
  request.write('lo');
  new Uint16Array(request.buffer, request.byteOffset + 16, 1)[0] = IFF_UP;
  return request;
}

/** Whether this process may have a network namespace of its own. */
export const mayOwnNetwork = process.platform === 'linux' && process.geteuid?.() === 0 && isMainThread;

/**
 * Gives the test file and the programs it starts a network namespace of their own: no other test and no other program
 * of this machine takes a port meanwhile, and settings of the namespace are theirs. Without root they share the
 * machine's.
 */
export function useOwnNetwork(): void {
  beforeAll(() => {
    if (!mayOwnNetwork) return;
    const libc = koffi.load(null);
    const must = (result: number) => {
      if (result < 0) throw new Error(`no network namespace: errno ${koffi.errno()}`);
      return result;
    };
    must(libc.func('int unshare(int flags)')(CLONE_NEWNET));
    const socket = must(libc.func('int socket(int, int, int)')(2, 2, 0));
    must(libc.func('int ioctl(int fd, unsigned long request, ...)')(socket, SIOCSIFFLAGS, 'void *', loopbackUp()));
    libc.func('int close(int)')(socket);
  });
}
