import { readdirSync } from 'node:fs';

/** The processes that this process may know of, as Linux tells them. */
export const runningProcesses = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
