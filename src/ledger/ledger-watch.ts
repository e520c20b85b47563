import { join } from 'node:path';
import { FileWatch } from '../machine/file-watch.ts';
import type { LedgerRecord } from '../protocol/generated/contract.ts';
import type { Home } from './home.ts';
import type { LedgerListeners } from './ledger.ts';
import { isRecords } from './runtime-folder.ts';

/** Milliseconds after which the living are counted again: a killed service writes nothing. */
const interval = 500;

/** What a watch of a ledger works with. */
interface Surroundings extends LedgerListeners {
  homes: readonly Home[];
  read: () => Promise<readonly LedgerRecord[]>;
}

/** Tells the records of a ledger whenever they may have changed: its files, or a service that ended without a word. */
export class LedgerWatch {
  readonly #options: Surroundings;
  readonly #files: FileWatch[];
  readonly #timer: NodeJS.Timeout;
  #living: string | undefined;
  #looking: Promise<void> | undefined;
  #isStale = false;
  #isClosed = false;

  constructor(options: Surroundings) {
    const { homes, onTrouble } = options;
    this.#options = options;
    const listeners = { onChange: () => void this.look(), onTrouble };
    this.#files = homes.flatMap(({ durable, runtime }) => [
      new FileWatch(durable.path, listeners),
      new FileWatch(join(runtime.path, 'any'), listeners, isRecords),
    ]);
    this.#timer = setInterval(() => {
      if (this.#countLiving() !== this.#living) void this.look();
    }, interval).unref();
  }

  /** Tells the records now; a change that comes meanwhile is told behind it, many of them once. */
  look(): Promise<void> {
    this.#isStale = true;
    this.#looking ??= this.#lookUntilFresh().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const file of this.#files) file.close();
  }

  async #lookUntilFresh(): Promise<void> {
    const { read, onRecords, onTrouble } = this.#options;
    while (this.#isStale && !this.#isClosed) {
      this.#isStale = false;
      try {
        // Before: who dies meanwhile makes a difference afterwards.
        this.#living = this.#countLiving();
        const records = await read();
        if (this.#isClosed) return;
        await onRecords(records);
      } catch (error) {
        if (!this.#isClosed) onTrouble(error);
      }
    }
  }

  /** Who lives; undefined where that cannot be read, which a look tells. */
  #countLiving(): string | undefined {
    try {
      return this.#options.homes.map(({ runtime }) => runtime.living()).join('\n');
    } catch {
      return undefined;
    }
  }
}
