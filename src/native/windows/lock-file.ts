import { koffi } from '../koffi.ts';
import { NativeError } from '../native-error.ts';
import type { TryLock } from '../posix/flock.ts';
import { codes } from './codes.ts';
import { kernel32 } from './kernel32.ts';
import { structs } from './layouts.ts';

const LOCKFILE_FAIL_IMMEDIATELY = 1;
const LOCKFILE_EXCLUSIVE_LOCK = 2;

/** The locked byte lies far behind the file's text, because on Windows nobody else can read what is locked. */
const lockedByte = { Internal: 0, InternalHigh: 0, Offset: 0, OffsetHigh: 0x7fffffff, hEvent: null };

async function bind(): Promise<TryLock> {
  const ffi = await koffi();
  const layout = ffi.struct(structs.OVERLAPPED);
  const handleOf = ffi.load(null).func('intptr_t uv_get_osfhandle(int fd)');
  const [lockFileEx, lastError] = [await kernel32('LockFileEx'), await kernel32('GetLastError')];
  const flags = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
  return (descriptor) => {
    const overlapped = Buffer.alloc(ffi.sizeof(layout));
    ffi.encode(overlapped, layout, lockedByte);
    if (lockFileEx(handleOf(descriptor), flags, 0, 1, 0, overlapped) !== 0) return true;
    const code = lastError();
    if (code === codes.ERROR_LOCK_VIOLATION) return false;
    throw new NativeError('LockFileEx', code);
  };
}

let bound: Promise<TryLock> | undefined;

/** Binds LockFileEx, which nobody is asked to share here. The lock ends when the descriptor is closed, so it dies with its holder. */
export function bindLockFile(): Promise<TryLock> {
  bound ??= bind();
  return bound;
}
