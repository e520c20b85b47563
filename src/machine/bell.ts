import { type FSWatcher, utimesSync, watch } from 'node:fs';

/** Wakes who waits at the file; where nobody does, or cannot be woken, nothing happens. */
export function ring(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // It has gone by now.
  }
}

/** Waits to be woken by others, at a file of its own. */
export class Bell {
  #watcher: FSWatcher | undefined;
  #isRung = false;
  #wake: (() => void) | undefined;

  constructor(path: string) {
    try {
      this.#watcher = watch(path, () => this.#hear());
      this.#watcher.on('error', () => this.close());
    } catch {
      // Linux limits the watches of a user. It wakes by itself then.
    }
  }

  /** Whether it can be heard. */
  get isHung(): boolean {
    return this.#watcher !== undefined;
  }

  /** Resolves when the bell has rung since the last time, or after so many milliseconds. */
  heard(milliseconds: number): Promise<void> {
    if (this.#isRung) {
      this.#isRung = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        this.#isRung = false;
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.#wake = done;
    });
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #hear(): void {
    this.#isRung = true;
    this.#wake?.();
  }
}
