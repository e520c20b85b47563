import { existsSync, type FSWatcher, lstatSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Milliseconds after which a look is taken, and the watch tried again, where the system gives none. */
const retryAfter = 10_000;

const notThere = new Set(['ENOENT', 'ENOTDIR']);

/** Whom a watch tells. */
export interface FileWatchListeners {
  /** The file was made, replaced or removed, or may have been. */
  onChange: () => void;
  /** The system refuses to watch. The file is looked at every ten seconds until it does again. */
  onTrouble: (error: unknown) => void;
}

/**
 * Watches a file that is replaced as a whole, by its folder; where there is no such folder yet, by the nearest above it.
 * Keeps the event loop alive until it is closed.
 */
export class FileWatch {
  readonly #file: string;
  readonly #listeners: FileWatchListeners;
  readonly #isWanted: (name: string) => boolean;
  #watcher: FSWatcher | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** The code of the trouble that was told last: the same is told once. */
  #trouble: unknown;
  #isClosed = false;

  /** @param isWanted which names in its folder count, where it is not the file's alone */
  constructor(file: string, listeners: FileWatchListeners, isWanted = (name: string) => name === basename(file)) {
    this.#file = file;
    this.#listeners = listeners;
    this.#isWanted = isWanted;
    this.#begin();
  }

  close(): void {
    this.#isClosed = true;
    this.#stop();
  }

  #begin(): void {
    this.#stop();
    if (this.#isClosed) return;
    try {
      // What appears while the watch above it begins is not told by that watch.
      while (!this.#watchNearest()) this.#stop();
      this.#trouble = undefined;
    } catch (error) {
      this.#recover(error);
    }
  }

  #stop(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    clearTimeout(this.#retry);
  }

  /** Watches for the file, or for the first of the folders above it that is missing; false when that is there by now. */
  #watchNearest(): boolean {
    for (let awaited = this.#file; ; awaited = dirname(awaited)) {
      const folder = dirname(awaited);
      try {
        const { ino } = lstatSync(folder);
        this.#watcher = watch(folder, (_event, name) => this.#see({ awaited, folder, ino, name }));
        this.#watcher.on('error', (error) => this.#recover(error));
      } catch (error) {
        if (notThere.has((error as NodeJS.ErrnoException).code ?? '') && folder !== awaited) continue;
        throw error;
      }
      return awaited === this.#file || !existsSync(awaited);
    }
  }

  #see({ awaited, folder, ino, name }: { awaited: string; folder: string; ino: number; name: string | null }): void {
    const isAwaited = name === null || (awaited === this.#file ? this.#isWanted(name) : name === basename(awaited));
    // A folder that is removed or moved away tells so by its own name, and nothing after that.
    const isFolder = name === null || name === basename(folder);
    if (!isAwaited && !isFolder) return;
    if (awaited !== this.#file || (isFolder && inodeOf(folder) !== ino)) this.#begin();
    this.#listeners.onChange();
  }

  #recover(error: unknown): void {
    this.#stop();
    if (this.#isClosed) return;
    const { code } = error as NodeJS.ErrnoException;
    if (code !== this.#trouble) this.#listeners.onTrouble(error);
    this.#trouble = code;
    this.#retry = setTimeout(() => {
      this.#begin();
      this.#listeners.onChange();
    }, retryAfter);
  }
}

/** Undefined where there is none, or none to be seen by this user. */
function inodeOf(folder: string): number | undefined {
  try {
    return lstatSync(folder).ino;
  } catch {
    return undefined;
  }
}
