import { koffi } from '../koffi.ts';
import { NativeError } from '../native-error.ts';
import { errorName } from './error-name.ts';

const LOCK_EX = 2;
const LOCK_NB = 4;

/** Tries once to lock the open file against everybody else; false when another has it. */
export type TryLock = (descriptor: number) => boolean;

async function bind(): Promise<TryLock> {
  const ffi = await koffi();
  const { EWOULDBLOCK, EINTR } = ffi.os.errno;
  const flock = ffi.load(null).func('int flock(int fd, int operation)');
  return (descriptor) => {
    for (;;) {
      if (flock(descriptor, LOCK_EX | LOCK_NB) === 0) return true;
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
