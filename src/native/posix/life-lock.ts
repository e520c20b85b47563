import { arch, platform } from 'node:os';
import { koffi } from '../koffi.ts';
import { NativeError } from '../native-error.ts';
import { errorName } from './error-name.ts';

/** The lock of an open file that says that somebody lives. It ends when the descriptor is closed, so with its holder. */
export interface LifeLock {
  /** Takes it; false when another has it. The descriptor is open for writing. */
  take(descriptor: number): boolean;
  /** Whether anybody has it; a descriptor that is open for reading does. What a reader locks is no answer. */
  isTaken(descriptor: number): boolean;
}

// Linux: include/uapi/asm-generic/fcntl.h
const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/** Where a `struct flock` looks as below: type, whence, start, length, process id. */
const wide = new Set(['x64', 'arm64', 'riscv64', 'loong64', 'ppc64', 's390x']);
const flockSize = 32;

/** All of the file. */
function structFlock(type: number): Buffer {
  const lock = Buffer.alloc(flockSize);
  new Int16Array(lock.buffer, lock.byteOffset, 1)[0] = type;
  return lock;
}

const typeIn = (lock: Buffer): number => new Int16Array(lock.buffer, lock.byteOffset, 1)[0]!;

/**
 * Locks of the open file description: a reader cannot take the lock that is asked for, so nobody without the right to
 * write the file can make a dead one look alive, as flock would let him.
 */
async function ofOpenFiles(): Promise<LifeLock> {
  const ffi = await koffi();
  const fcntl = ffi.load(null).func('int fcntl(int fd, int command, ...)');
  const call = (descriptor: number, command: number, lock: Buffer): string | undefined => {
    for (;;) {
      if (fcntl(descriptor, command, 'void *', lock) === 0) return undefined;
      const code = ffi.errno();
      if (code !== ffi.os.errno.EINTR) return errorName(code);
    }
  };
  return {
    take: (descriptor) => {
      const fault = call(descriptor, F_OFD_SETLK, structFlock(F_WRLCK));
      if (fault === undefined) return true;
      if (fault === 'EAGAIN' || fault === 'EACCES') return false;
      throw new NativeError('fcntl', fault);
    },
    isTaken: (descriptor) => {
      const lock = structFlock(F_RDLCK);
      const fault = call(descriptor, F_OFD_GETLK, lock);
      if (fault !== undefined) throw new NativeError('fcntl', fault);
      return typeIn(lock) !== F_UNLCK;
    },
  };
}

async function ofWholeFiles(): Promise<LifeLock> {
  const ffi = await koffi();
  const flock = ffi.load(null).func('int flock(int fd, int operation)');
  const attempt = (descriptor: number, operation: number): boolean => {
    if (flock(descriptor, operation | LOCK_NB) === 0) return true;
    const code = ffi.errno();
    if (code === ffi.os.errno.EWOULDBLOCK) return false;
    throw new NativeError('flock', errorName(code));
  };
  return {
    take: (descriptor) => attempt(descriptor, LOCK_EX),
    isTaken: (descriptor) => !attempt(descriptor, LOCK_SH),
  };
}

let bound: Promise<LifeLock> | undefined;

/** Binds it on first use. */
export function bindLifeLock(): Promise<LifeLock> {
  bound ??= platform() === 'linux' && wide.has(arch()) ? ofOpenFiles() : ofWholeFiles();
  return bound;
}
