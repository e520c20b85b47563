import { koffi } from '../koffi.ts';
import { NativeError } from '../native-error.ts';
import { errorName } from './error-name.ts';

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Tries once to lock the open file against everybody else, or against all but those who share it; false when another is in
 * the way.
 */
export type TryLock = (descriptor: number, isShared?: boolean) => boolean;

async function bind(): Promise<TryLock> {
  const ffi = await koffi();
  const { EWOULDBLOCK, EINTR } = ffi.os.errno;
  const flock = ffi.load(null).func('int flock(int fd, int operation)');
  return (descriptor, isShared = false) => {
    const operation = (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB;
    for (;;) {
      if (flock(descriptor, operation) === 0) return true;
      const code = ffi.errno();
      if (code === EWOULDBLOCK) return false;
      if (code !== EINTR) throw new NativeError('flock', errorName(code));
    }
  };
}

let bound: Promise<TryLock> | undefined;

/** Binds flock. The lock ends when the descriptor is closed, so it dies with its holder. */
export function bindFlock(): Promise<TryLock> {
  bound ??= bind();
  return bound;
}
