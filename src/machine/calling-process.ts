import { readFileSync } from 'node:fs';
import { parseProcessStat } from './process-stat.ts';
import { unlessHidden } from './unless-hidden.ts';

/**
 * The process that lives as long as what called: a shell makes a copy of itself for `$(...)`, for a pipe and for brackets,
 * which ends with that; the shell is what the copies were made of. Seen on Linux alone.
 */
export function callingProcess(parent: number, platform: NodeJS.Platform): number {
  let processId = parent;
  while (platform === 'linux') {
    const text = unlessHidden(() => readFileSync(`/proc/${processId}/stat`, 'latin1'));
    const stat = text === undefined ? undefined : parseProcessStat(text);
    if (!stat?.isCopy || stat.parent <= 1) break;
    processId = stat.parent;
  }
  return processId;
}
