import { type BigIntStats, statSync } from 'node:fs';
import { identityOf, timeStep } from './kept-file.ts';

/** What was read, and from which files and folders. */
export interface ReadFrom<T> {
  value: T;
  from: readonly string[];
}

interface Stamp {
  text: string;
  /** Milliseconds; when the newest of them was changed. */
  newest: number;
}

/** Or a text: of what is not there always the same, of what cannot be looked at never. */
function statsOf(path: string): BigIntStats | string {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false }) ?? '';
  } catch {
    newestUnseen++;
    return `unseen ${newestUnseen}`;
  }
}

let newestUnseen = 0;

/** What the system says of the files without opening them. */
function stampOf(paths: readonly string[]): Stamp {
  let newest = 0;
  const parts = paths.map((path) => {
    const stats = statsOf(path);
    if (typeof stats === 'string') return stats;
    newest = Math.max(newest, Number(stats.ctimeMs));
    return identityOf(stats);
  });
  return { text: parts.join(), newest };
}

/** What is read from many files, kept while all of them are the same; a new one in a folder changes the folder. */
export class KeptWhile<T> {
  #kept: (ReadFrom<T> & { stamp: string }) | undefined;

  read(work: () => ReadFrom<T>): T {
    if (this.#kept && stampOf(this.#kept.from).text === this.#kept.stamp) return this.#kept.value;
    this.#kept = undefined;
    const { value, from } = work();
    // Read before the stamp, so that what changes between the two would be missed: what is that new is not kept.
    const stamp = stampOf(from);
    if (Date.now() - stamp.newest > timeStep) this.#kept = { value, from, stamp: stamp.text };
    return value;
  }
}
