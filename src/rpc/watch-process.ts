import { setTimeout } from 'node:timers/promises';

/** What is known of a process: whether it lives, and a mark of when it started. */
interface Identity {
  alive: boolean;
  startTime?: string;
}

const interval = 1000;

/**
 * Resolves when the process is gone, or its id is another process's. Keeps no event loop alive.
 * @param look gives what is known of the process now
 */
export async function processGone(look: () => Promise<Identity>): Promise<void> {
  const first = await look();
  for (let now = first; now.alive && now.startTime === first.startTime; now = await look()) {
    await setTimeout(interval, undefined, { ref: false });
  }
}
