/**
 * Does what waits for work, such as holding a lock, and resolves when the work has begun.
 * @returns what lets it end, and waits for that
 */
export async function held(hold: (work: () => Promise<void>) => Promise<void>): Promise<() => Promise<void>> {
  let release!: () => void;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let begin!: () => void;
  const began = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const done = hold(() => {
    begin();
    return released;
  });
  await began;
  return () => {
    release();
    return done;
  };
}
