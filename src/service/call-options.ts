/** How far a call is. */
export interface Progress {
  /** What is being done, in a few words. */
  title: string;
  /** How far it is, in words. */
  message?: string;
  /** How far it is in whole percents, 0 to 100, never less than before. */
  percentage?: number;
}

/** What a call may be given besides its params. */
export interface CallOptions {
  /** Cancels the call, which then rejects with the signal's reason and has changed nothing. */
  signal?: AbortSignal;
  /** Is told how far the call is: when it begins, and where it is a percent further. It must not throw. */
  onProgress?: (progress: Progress) => void;
}

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
