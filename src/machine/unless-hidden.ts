/** What the look gives; undefined where it fails: another user's, gone meanwhile, or hidden by a sandbox. */
export function unlessHidden<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
