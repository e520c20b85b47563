import { setTimeout } from 'node:timers/promises';
import type { ProcessIdentity } from './process-identity.ts';

const interval = 1000;

/**
 * Resolves when the process is gone, or its id is another process's. Keeps no event loop alive.
 * @param look gives what is known of the process now
 * @throws the signal's AbortError, when it is aborted before
 */
export async function processGone(look: () => Promise<ProcessIdentity>, signal?: AbortSignal): Promise<void> {
  const first = await look();
  for (let now = first; now.alive && now.startTime === first.startTime; now = await look()) {
    await setTimeout(interval, undefined, { ref: false, signal });
  }
}
