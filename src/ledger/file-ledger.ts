import { join } from 'node:path';
import { ServiceError } from '../protocol/errors.ts';
import type { LedgerFile, LedgerRecord, Owner } from '../protocol/generated/contract.ts';
import type { Ledger, LedgerChange } from './ledger.ts';
import type { LedgerFolder, LedgerFolders } from './ledger-folders.ts';
import { LedgerLock } from './ledger-lock.ts';
import { type Look, liveRecords } from './live-records.ts';
import { ledgerFault, readLedgerFile } from './read-ledger-file.ts';
import { replaceFile } from './replace-file.ts';
import { checkFolder, makeFolder } from './safe-folder.ts';

/** What a ledger on files needs to know. */
export interface FileLedgerOptions {
  folders: LedgerFolders;
  /** The owner of runtime reservations: this process. */
  owner: Owner & { processId: number };
  posix: boolean;
  root: boolean;
  look: Look;
  /** Milliseconds to wait for the lock. */
  patience?: number;
}

const fileIn = (folder: LedgerFolder) => join(folder.path, 'ledger.json');

/** The file's text, a record a line. */
function textOf({ version, reservations }: LedgerFile): string {
  const lines = reservations.map((record) => JSON.stringify(record)).join(',\n');
  return `{"version":${version},"reservations":[\n${lines}\n]}\n`;
}

/** The ledger as a JSON file in a folder, changed under a lock that dies with its holder. */
export class FileLedger implements Ledger {
  readonly file: string;
  readonly #options: FileLedgerOptions;
  readonly #lock: LedgerLock;

  constructor(options: FileLedgerOptions) {
    const { folders, owner, posix, patience } = options;
    this.file = fileIn(folders.own);
    this.#options = options;
    this.#lock = new LedgerLock({
      file: join(folders.own.path, 'ledger.lock'),
      processId: owner.processId,
      posix,
      patience,
    });
  }

  owner(lifetime: LedgerRecord['lifetime']): Owner {
    const { owner } = this.#options;
    return lifetime === 'runtime' ? { ...owner } : { user: owner.user };
  }

  async read(): Promise<LedgerRecord[]> {
    await this.#checkFolder();
    const [system, own] = [await this.#readSystem(), await this.#readOwn()];
    return liveRecords([...system, ...own], this.#options.look);
  }

  async change<T>(work: (change: LedgerChange) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { folders, posix, look } = this.#options;
    await makeFolder(folders.own, posix);
    await this.#checkFolder();
    return this.#lock.hold(async () => {
      const own = await liveRecords(await this.#readOwn(), look);
      const system = await liveRecords(await this.#readSystem(), look);
      return work({ own, system, write: (records) => this.#write(records) });
    }, signal);
  }

  #checkFolder(): Promise<void> {
    const { folders, posix, root } = this.#options;
    return checkFolder(folders.own, posix, root);
  }

  #readOwn(): Promise<LedgerRecord[]> {
    return readLedgerFile(this.file, this.#options.posix);
  }

  /** The system's records; none where an administrator keeps them from this user. */
  async #readSystem(): Promise<LedgerRecord[]> {
    const { folders, posix } = this.#options;
    if (!folders.system) return [];
    try {
      return await readLedgerFile(fileIn(folders.system), posix);
    } catch (error) {
      if (error instanceof ServiceError && error.errorName === 'AccessDenied') return [];
      throw error;
    }
  }

  async #write(records: readonly LedgerRecord[]): Promise<void> {
    const { folders, posix } = this.#options;
    const content: LedgerFile = { version: 1, reservations: [...records] };
    const fault = ledgerFault(content);
    if (fault) throw new Error(`These records would make the ledger ${this.file} unreadable: ${fault}`);
    await replaceFile(this.file, textOf(content), folders.own.shared ? 0o644 : 0o600, posix);
  }
}
