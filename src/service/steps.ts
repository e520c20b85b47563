import type { CallOptions } from './call-options.ts';

/** Work that is counted. */
interface Work {
  /** What is being done, in a few words. */
  title: string;
  /** How many steps there are. */
  total: number;
  /** What a step is, in the plural. */
  unit: string;
}

/**
 * Tells of work that begins now.
 * @returns what is to be called with the number of steps that have been done since the last call
 */
export function tellSteps({ onProgress }: CallOptions, { title, total, unit }: Work): (steps: number) => void {
  if (!onProgress) return () => {};
  let done = 0;
  let percentage = 0;
  const tell = () => onProgress({ title, message: `${done} of ${total} ${unit}`, percentage });
  tell();
  return (steps) => {
    done += steps;
    const now = Math.floor((100 * done) / total);
    if (now === percentage) return;
    percentage = now;
    tell();
  };
}
