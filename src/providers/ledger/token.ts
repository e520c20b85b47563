import { randomBytes } from 'node:crypto';

/** A token where the system gives none: 64 random bits, never 0. */
export function newToken(): bigint {
  for (;;) {
    const token = randomBytes(8).readBigUInt64BE();
    if (token !== 0n) return token;
  }
}
