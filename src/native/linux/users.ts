import { koffi } from '../koffi.ts';

/**
 * The number of the user of that name, wherever this system keeps its users (getpwnam); undefined where there is none.
 * A name of digits alone is a number itself.
 */
export async function userIdOf(name: string): Promise<number | undefined> {
  if (/^\d{1,10}$/.test(name)) return Number(name) < 0xffff_ffff ? Number(name) : undefined;
  const ffi = await koffi();
  // <pwd.h>: the head of struct passwd, the same in glibc and musl
  const head = ffi.struct({ name: 'const char *', password: 'const char *', uid: 'uint32_t', gid: 'uint32_t' });
  const found = ffi.load(null).func('void *getpwnam(const char *name)')(name);
  return found ? (ffi.decode(found, head) as { uid: number }).uid : undefined;
}
