import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { processExists } from '../native/posix/process-exists.ts';
import { windowsProcessTimes } from '../native/windows/processes.ts';
import { parseProcessStat } from './process-stat.ts';
import { bootId } from './system-ids.ts';

/** What can be seen of a process. */
export interface ProcessIdentity {
  /** A zombie is not alive: it holds nothing any more. */
  alive: boolean;
  /** The system's mark of when it started; absent when it is gone, or when this user may not look at it. */
  startTime?: string;
}

const gone: ProcessIdentity = { alive: false };
const hidden: ProcessIdentity = { alive: true };

/** The start time in the text of /proc/<pid>/stat; undefined for a zombie. */
export function startTicks(stat: string): string | undefined {
  const { state, startTicks: ticks } = parseProcessStat(stat);
  return state === 'Z' || state === 'X' ? undefined : ticks;
}

async function onLinux(processId: number): Promise<ProcessIdentity> {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${processId}/stat`, 'latin1');
  } catch {
    // Gone, or /proc is mounted so that it hides the processes of others.
    return (await processExists(processId)) ? hidden : gone;
  }
  const ticks = startTicks(stat);
  // They count from the start of the system.
  return ticks ? { alive: true, startTime: `${ticks}@${bootId() ?? ''}` } : gone;
}

/** Loaded where it is needed: systems with a better way start sooner without it. */
async function run() {
  const [{ execFile }, { promisify }] = await Promise.all([import('node:child_process'), import('node:util')]);
  return promisify(execFile);
}

/** Asks ps, as every other POSIX system has it. */
export async function identityFromPs(processId: number): Promise<ProcessIdentity> {
  try {
    const env = { LC_ALL: 'C', TZ: 'UTC0' }; // the mark must not change with the reader's language or time zone
    const { stdout } = await (await run())('/bin/ps', ['-o', 'stat=', '-o', 'lstart=', '-p', `${processId}`], { env });
    const [state = '', ...startTime] = stdout.trim().split(/\s+/);
    return state.startsWith('Z') || startTime.length === 0 ? gone : { alive: true, startTime: startTime.join(' ') };
  } catch {
    return (await processExists(processId)) ? hidden : gone;
  }
}

/** Looks at a process, this one or another. */
export async function processIdentity(processId: number, platform: NodeJS.Platform): Promise<ProcessIdentity> {
  if (platform === 'linux') return onLinux(processId);
  if (platform === 'win32') return windowsProcessTimes(processId);
  return identityFromPs(processId);
}

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
