import { FileWatch } from '../machine/file-watch.ts';
import { processGone } from '../machine/process-identity.ts';
import type { LedgerRecord } from '../protocol/generated/contract.ts';
import type { LedgerListeners } from './ledger.ts';
import type { Look } from './live-records.ts';

/** What a watch of a ledger works with. */
interface Surroundings extends LedgerListeners {
  /** The ledger's files. */
  files: readonly string[];
  read: () => Promise<readonly LedgerRecord[]>;
  look: Look;
  /** This process, whose end nobody here would see. */
  processId: number;
}

/** Tells the records of a ledger whenever they may have changed: its files, or an owner that ended without a word. */
export class LedgerWatch {
  readonly #options: Surroundings;
  readonly #files: FileWatch[];
  /** By process id and start time of the owners. */
  readonly #owners = new Map<string, AbortController>();
  #looking: Promise<void> | undefined;
  #isStale = false;
  #isClosed = false;

  constructor(options: Surroundings) {
    const { files, onTrouble } = options;
    this.#options = options;
    const onChange = () => void this.look();
    this.#files = files.map((file) => new FileWatch(file, { onChange, onTrouble }));
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
    for (const file of this.#files) file.close();
    for (const controller of this.#owners.values()) controller.abort();
  }

  async #lookUntilFresh(): Promise<void> {
    const { read, onRecords, onTrouble } = this.#options;
    while (this.#isStale && !this.#isClosed) {
      this.#isStale = false;
      try {
        const records = await read();
        if (this.#isClosed) return;
        this.#follow(records);
        await onRecords(records);
      } catch (error) {
        if (!this.#isClosed) onTrouble(error);
      }
    }
  }

  /** A killed owner writes nothing, so its process is watched. */
  #follow(records: readonly LedgerRecord[]): void {
    const owners = new Map<string, number>();
    for (const { lifetime, owner } of records) {
      const { processId, processStartTime } = owner;
      if (lifetime !== 'runtime' || processId === undefined || processId === this.#options.processId) continue;
      owners.set(`${processId} ${processStartTime}`, processId);
    }
    for (const [key, controller] of this.#owners) {
      if (owners.has(key)) continue;
      controller.abort();
      this.#owners.delete(key);
    }
    for (const [key, processId] of owners) if (!this.#owners.has(key)) this.#await(key, processId);
  }

  async #await(key: string, processId: number): Promise<void> {
    const controller = new AbortController();
    this.#owners.set(key, controller);
    try {
      await processGone(() => this.#options.look(processId), controller.signal);
    } catch (error) {
      if (!controller.signal.aborted) this.#options.onTrouble(error);
      return;
    }
    if (controller.signal.aborted) return;
    this.#owners.delete(key);
    await this.look();
  }
}
