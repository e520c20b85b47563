import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeGroup } from './room.ts';

let made = 0;

/** Makes a control group below that one for the work, and makes it go afterwards. */
export async function withGroup(
  { group }: { group: string },
  work: (path: string) => Promise<unknown> | unknown,
): Promise<void> {
  const path = join(group, `unit-${made++}`);
  mkdirSync(path);
  try {
    await work(path);
  } finally {
    await removeGroup(path);
  }
}
