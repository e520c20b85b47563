import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, unlinkSync } from 'node:fs';
import { onFileNow } from '../machine/file-error.ts';
import { type LifeLocks, leadsTo } from '../machine/life-file.ts';
import type { LedgerRecord } from '../protocol/generated/contract.ts';
import { ledgerHints as hints } from './file-hints.ts';
import { addOwnService, removeOwnService } from './own-services.ts';
import type { Place } from './place.ts';
import { RecordsFile } from './records-file.ts';
import { runtimeFiles } from './runtime-folder.ts';
import { makeOne } from './safe-folder.ts';

/** What a service's own file needs to know. */
export interface OwnRuntimeOptions {
  folder: string;
  /** Whether every user may read it. */
  shared: boolean;
  posix: boolean;
  processId: number;
  locks: LifeLocks;
  place: Place;
}

/** The files of this service while it holds something. */
interface Begun {
  service: string;
  records: RecordsFile;
  lock: string;
  /** Holds the lock. */
  descriptor: number;
}

/**
 * The runtime reservations of this service, in a file that it alone writes. It is not flushed: after a power cut nobody is
 * alive. What this service holds it knows by itself, whatever becomes of the file.
 */
export class OwnRuntime {
  readonly #options: OwnRuntimeOptions;
  readonly #closing = new AbortController();
  #records: readonly LedgerRecord[] = [];
  #begun: Begun | undefined;
  #isStale = false;

  constructor(options: OwnRuntimeOptions) {
    this.#options = options;
  }

  get records(): readonly LedgerRecord[] {
    return this.#records;
  }

  /** Whether the file shows more than is held, because it could not be written. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** What tells this service's file from others'; undefined before there was one. */
  get service(): string | undefined {
    return this.#begun?.service;
  }

  /**
   * Replaces the records; the ledger's lock is held.
   * @throws ServiceError AccessDenied, OsError; nothing has changed then. Records that only go, go in any case.
   */
  async write(records: readonly LedgerRecord[]): Promise<void> {
    if (!this.#isStale && sameItems(records, this.#records)) return;
    // What was under way when the service was closed would be held by nobody.
    if (records.length > 0) this.#closing.signal.throwIfAborted();
    const before = new Set(this.#records);
    try {
      if (records.length > 0) await this.#begin().records.write(records);
      else this.#begun?.records.remove();
      this.#isStale = false;
    } catch (error) {
      if (records.some((item) => !before.has(item))) throw error;
      this.#isStale = true;
    }
    this.#records = records;
  }

  /** Leaves nothing behind, for good. */
  close(): void {
    this.#closing.abort();
    this.#records = [];
    this.#isStale = false;
    this.#end();
  }

  #end(): void {
    if (!this.#begun) return;
    const { descriptor, records, lock, service } = this.#begun;
    this.#begun = undefined;
    removeOwnService(service);
    // Its lock says until the end that it lives; what cannot be removed is removed by the next one.
    for (const file of [records.path, lock]) {
      try {
        unlinkSync(file);
      } catch {}
    }
    closeSync(descriptor);
  }

  /** The files, made anew where somebody took them away. */
  #begin(): Begun {
    const { folder, locks, place, shared, posix, processId } = this.#options;
    if (this.#begun) {
      if (!posix || leadsTo(this.#begun.lock, this.#begun.descriptor)) return this.#begun;
      this.#end();
    }
    onFileNow({ action: 'create the folder', path: folder, hints }, () => makeFolder(folder, shared, posix));
    const service = `${processId}-${randomBytes(6).toString('hex')}`;
    const { records: path, lock } = runtimeFiles(folder, service);
    const mode = shared ? 0o644 : 0o600;
    const records = new RecordsFile({ path, mode, posix, hints }, place);
    this.#begun = { service, records, lock, descriptor: locks.make(lock, mode, hints) };
    addOwnService(service);
    return this.#begun;
  }
}

/** Whether both lists have the very same objects. */
export const sameItems = (some: readonly object[], others: readonly object[]): boolean =>
  some.length === others.length && some.every((item, index) => item === others[index]);

/** Not flushed: after a power cut nobody is alive who needs it. */
function makeFolder(path: string, shared: boolean, posix: boolean): void {
  const mode = shared ? 0o755 : 0o700;
  if (makeOne(path, mode) && posix) chmodSync(path, mode); // mkdir leaves out what the umask says
}
