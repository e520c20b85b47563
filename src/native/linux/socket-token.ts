import { endianness } from 'node:os';
import { libc } from '../posix/libc.ts';

/**
 * setsockopt(descriptor, 0x5052, 1, &token, 8), before bind: what SIO_ASSOCIATE_PORT_RESERVATION is on Windows. "PR" in
 * ASCII, a level that the kernel gives nobody. Documented in docs/linux-kernel.md: programs of others rely on both.
 */
export const TOKEN_LEVEL = 0x5052;
export const TOKEN_OPTION = 1;

/** The token as the kernel takes it: 64 bits in the machine's byte order. */
export function tokenBytes(token: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  if (endianness() === 'LE') bytes.writeBigUInt64LE(token);
  else bytes.writeBigUInt64BE(token);
  return bytes;
}

/**
 * Puts the token on a socket that is not bound yet.
 * @throws NativeError ENOPROTOOPT where nothing in the kernel asks for tokens now
 */
export async function associate(descriptor: number, token: bigint): Promise<void> {
  const { setsockopt, failure } = await libc();
  const bytes = tokenBytes(token);
  if (setsockopt(descriptor, TOKEN_LEVEL, TOKEN_OPTION, bytes, bytes.length) < 0) throw failure('setsockopt');
}
