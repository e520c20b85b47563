/** A token where the system gives none: 64 random bits, never 0. */
export function newToken(): bigint {
  for (;;) {
    const [token] = crypto.getRandomValues(new BigUint64Array(1));
    if (token) return token;
  }
}
