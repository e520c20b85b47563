import { join } from 'node:path';
import { replaceFile } from '../machine/durable-file.ts';
import { FileLock, untilUntaken } from '../machine/file-lock.ts';
import { ServiceError } from '../protocol/errors.ts';
import type { LedgerFile, LedgerRecord, Owner } from '../protocol/generated/contract.ts';
import { ledgerHints as hints } from './file-hints.ts';
import type { Ledger, LedgerChange, LedgerContent, LedgerListeners, LedgerView } from './ledger.ts';
import type { LedgerFolder, LedgerFolders } from './ledger-folders.ts';
import { LedgerWatch } from './ledger-watch.ts';
import { type Look, liveRecords } from './live-records.ts';
import { ledgerFault, readLedgerFile } from './read-ledger-file.ts';
import { checkFolder, checkMayWrite, makeFolder } from './safe-folder.ts';

/** What a ledger on files needs to know. */
export interface FileLedgerOptions {
  folders: LedgerFolders;
  /** The owner of runtime reservations: this process. */
  owner: Owner & { processId: number };
  posix: boolean;
  /** The user of this process; undefined on Windows. */
  userId: number | undefined;
  look: Look;
  /** Milliseconds to wait for the lock. */
  patience?: number;
}

const fileIn = (folder: LedgerFolder) => join(folder.path, 'ledger.json');

const lines = (records: readonly object[]) => records.map((record) => JSON.stringify(record)).join(',\n');

/** The file's text, a record a line. */
function textOf({ version, reservations, exclusions }: LedgerFile): string {
  const excluded = exclusions ? `,"exclusions":[\n${lines(exclusions)}\n]` : '';
  return `{"version":${version},"reservations":[\n${lines(reservations)}\n]${excluded}}\n`;
}

/** The ledger as a JSON file in a folder, changed under a lock that dies with its holder. */
export class FileLedger implements Ledger {
  readonly file: string;
  readonly #options: FileLedgerOptions;
  readonly #lock: FileLock;

  constructor(options: FileLedgerOptions) {
    const { folders, owner, posix, userId, patience } = options;
    this.file = fileIn(folders.own);
    this.#options = options;
    this.#lock = new FileLock({
      guards: 'The ledger',
      file: join(folders.own.path, 'ledger.lock'),
      processId: owner.processId,
      posix,
      userId,
      hints,
      patience,
    });
  }

  owner(lifetime: LedgerRecord['lifetime']): Owner {
    const { owner } = this.#options;
    return lifetime === 'runtime' ? { ...owner } : { user: owner.user };
  }

  async read(): Promise<readonly LedgerRecord[]> {
    return (await this.readAll()).reservations;
  }

  async readAll(): Promise<LedgerContent> {
    await this.#checkFolder();
    const [system, own] = [await this.#readSystem(), await this.#readOwn()];
    return {
      reservations: await liveRecords([...system.reservations, ...own.reservations], this.#options.look),
      exclusions: [...system.exclusions, ...own.exclusions],
    };
  }

  async foresee(): Promise<LedgerView> {
    const { folders, posix } = this.#options;
    await this.#checkFolder();
    if (posix) checkMayWrite(folders.own.path);
    return this.#view();
  }

  async change<T>(work: (change: LedgerChange) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { folders, posix } = this.#options;
    await makeFolder(folders.own, posix);
    await this.#checkFolder();
    // Nobody who wants the ledger waits for what else the work needs.
    return untilUntaken(() => this.#changeOnce(work, signal), signal);
  }

  #changeOnce<T>(work: (change: LedgerChange) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#lock.hold(async () => {
      const view = await this.#view();
      let content: LedgerContent = { reservations: view.own, exclusions: view.exclusions.own };
      const write = async (changed: Partial<LedgerContent>) => {
        const next = { ...content, ...changed };
        await this.#write(next);
        content = next;
      };
      return work({
        ...view,
        write: (records) => write({ reservations: records }),
        writeExclusions: (records) => write({ exclusions: records }),
      });
    }, signal);
  }

  async watch(listeners: LedgerListeners): Promise<LedgerWatch> {
    const { folders, look, owner } = this.#options;
    const files = [this.file, ...(folders.system ? [fileIn(folders.system)] : [])];
    const read = () => this.read();
    const watch = new LedgerWatch({ ...listeners, files, read, look, processId: owner.processId });
    await watch.look();
    return watch;
  }

  async #view(): Promise<LedgerView> {
    const { look } = this.#options;
    const own = await this.#readOwn();
    const system = await this.#readSystem();
    return {
      own: await liveRecords(own.reservations, look),
      system: await liveRecords(system.reservations, look),
      exclusions: { own: own.exclusions, system: system.exclusions },
    };
  }

  #checkFolder(): Promise<void> {
    const { folders, posix, userId } = this.#options;
    return checkFolder(folders.own, posix, userId === 0);
  }

  #readOwn(): Promise<LedgerContent> {
    return readLedgerFile(this.file, this.#options.posix);
  }

  /** The system's records; none where an administrator keeps them from this user. */
  async #readSystem(): Promise<LedgerContent> {
    const { folders, posix } = this.#options;
    const none: LedgerContent = { reservations: [], exclusions: [] };
    if (!folders.system) return none;
    try {
      return await readLedgerFile(fileIn(folders.system), posix);
    } catch (error) {
      if (error instanceof ServiceError && error.errorName === 'AccessDenied') return none;
      throw error;
    }
  }

  async #write({ reservations, exclusions }: LedgerContent): Promise<void> {
    const { folders, posix } = this.#options;
    const content: LedgerFile = {
      version: 1,
      reservations: [...reservations],
      ...(exclusions.length > 0 && { exclusions: [...exclusions] }),
    };
    const fault = ledgerFault(content);
    if (fault) throw new Error(`These records would make the ledger ${this.file} unreadable: ${fault}`);
    const mode = folders.own.shared ? 0o644 : 0o600;
    await replaceFile({ path: this.file, mode, posix, hints }, textOf(content));
  }
}
