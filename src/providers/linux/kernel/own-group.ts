import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onGateFile } from './failure.ts';

/** A control group of its own that this process is in. */
export interface OwnGroup {
  path: string;
  /** Goes back, and removes the group unless something still runs in it. */
  leave(): void;
}

/**
 * Moves this process into a new control group below the one it is in, so that what it starts from here on is in it too.
 * @param current the control group it is in
 * @throws ServiceError AccessDenied, OsError
 */
export function enterOwnGroup(current: string, processId: number): OwnGroup {
  const path = join(current, `portreservation-${processId}`);
  onGateFile('make the control group', path, () => mkdirSync(path));
  const move = (group: string) => writeFileSync(join(group, 'cgroup.procs'), `${processId}`);
  try {
    onGateFile('enter the control group', path, () => move(path));
  } catch (error) {
    rmdirSync(path);
    throw error;
  }
  const leave = () => {
    try {
      move(dirname(path));
      rmdirSync(path);
    } catch {
      // What the command left running keeps it; an empty one is no harm.
    }
  };
  return { path, leave };
}
