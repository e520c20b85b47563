import { koffi } from '../koffi.ts';

// Linux: include/linux/socket.h, include/uapi/asm-generic/socket.h; the same on every architecture that koffi has a build for.
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const userCredentials = 12;

/** Who connected to a unix socket, as the kernel saw it then. */
export interface Peer {
  /** 0 where it is in a process namespace that is not seen from here. */
  processId: number;
  userId: number;
}

let bound: Promise<(descriptor: number) => Peer | undefined> | undefined;

async function bind() {
  const ffi = await koffi();
  const getsockopt = ffi
    .load(null)
    .func('int getsockopt(int fd, int level, int name, _Out_ void *value, _Inout_ uint32_t *length)');
  return (descriptor: number) => {
    const value = Buffer.alloc(userCredentials);
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, value, [value.length]) !== 0) return undefined;
    const [processId, userId] = new Int32Array(value.buffer, value.byteOffset, 2);
    return { processId: processId!, userId: userId! >>> 0 };
  };
}

/** Binds what tells who is at the other end of a connected socket; undefined where the kernel does not say. */
export function bindPeerOf(): Promise<(descriptor: number) => Peer | undefined> {
  bound ??= bind();
  return bound;
}
