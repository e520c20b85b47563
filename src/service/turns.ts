import { setImmediate } from 'node:timers/promises';

/** How long work may go on before other events get their turn, in milliseconds. */
const longest = 10;

/**
 * For work of very many steps: gives what is called after each, so that a cancellation, an end or another request is seen in
 * between.
 * @param signal cancels the work, which then rejects with its reason
 */
export function turns(signal?: AbortSignal): () => Promise<void> {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < longest) return;
    await setImmediate();
    signal?.throwIfAborted();
    began = performance.now();
  };
}
