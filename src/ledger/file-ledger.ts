import { join } from 'node:path';
import { replaceFile } from '../machine/durable-file.ts';
import { FileLock, untilUntaken } from '../machine/file-lock.ts';
import type { LifeLocks } from '../machine/life-file.ts';
import { WaitingLine } from '../machine/waiting-line.ts';
import type { LedgerRecord, Owner } from '../protocol/generated/contract.ts';
import { keyOf } from '../protocol/ranges.ts';
import type { Audit } from './audit.ts';
import { textOf } from './durable-records.ts';
import { ledgerHints as hints } from './file-hints.ts';
import { Home, type HomeContent, readIfAllowed } from './home.ts';
import type {
  ChangeOptions,
  Ledger,
  LedgerChange,
  LedgerContent,
  LedgerListeners,
  LedgerPlaces,
  LedgerView,
} from './ledger.ts';
import type { LedgerFolder, LedgerFolders } from './ledger-folders.ts';
import { LedgerWatch } from './ledger-watch.ts';
import type { Look } from './legacy-records.ts';
import { OwnRuntime, sameItems } from './own-runtime.ts';
import { isHeldByThisProcess } from './own-services.ts';
import type { Place } from './place.ts';
import { type Narrowing, narrowed } from './record-index.ts';
import { checkFolder, checkMayWrite, makeFolder } from './safe-folder.ts';

/** Milliseconds after which it is tried again to take from the own file what is held no more. */
const repairAfter = 1000;

/** What a ledger on files needs to know. */
export interface FileLedgerOptions {
  folders: LedgerFolders & { own: LedgerFolder };
  /** The owner of runtime reservations. */
  owner: Owner;
  /** This process. */
  processId: number;
  posix: boolean;
  /** The user of this process; undefined on Windows. */
  userId: number | undefined;
  locks: LifeLocks;
  place: Place;
  /** Looks at a process of the version before. */
  look: Look;
  /** Tells the system's log what was changed for good; absent where nobody is to be told. */
  audit?: Audit | undefined;
  /** Milliseconds to wait for the lock. */
  patience?: number;
}

/** What is in both ledgers. */
interface Found {
  own: HomeContent;
  system: HomeContent;
}

/** A change that was begun beside others has to be made alone. It has changed nothing. */
class MustBeAlone extends Error {}

function beAlone(): never {
  throw new MustBeAlone('The change has to be made alone.');
}

/** What was found, and the signature in the lock at that time. */
interface Seen {
  signature: string | undefined;
  own: HomeContent;
}

/**
 * The ledger in a folder: what outlives the processes in one file, what ends with them in a file of each service. Both are
 * changed under one lock that dies with its holder. Those share it who only add to their own files what the system itself
 * keeps apart: they need not know of each other.
 */
export class FileLedger implements Ledger {
  readonly file: string;
  readonly #options: FileLedgerOptions;
  readonly #lock: FileLock;
  readonly #own: Home;
  readonly #system: Home | undefined;
  readonly #runtime: OwnRuntime;
  /** Whether what the dead left has been removed once. */
  #isTidied = false;
  /** What was found in the own ledger when nobody had had its lock alone since. */
  #seen: Seen | undefined;
  #repair: NodeJS.Timeout | undefined;

  constructor(options: FileLedgerOptions) {
    const { folders, processId, posix, userId, patience, locks, place } = options;
    const { path, shared } = folders.own;
    this.#options = options;
    this.#own = new Home(folders.own, options);
    this.#system = folders.system && new Home(folders.system, { ...options, reader: userId });
    this.file = this.#own.durable.path;
    this.#runtime = new OwnRuntime({
      folder: this.#own.runtime.path,
      shared,
      posix,
      processId,
      locks,
      place,
    });
    this.#lock = new FileLock({
      guards: 'The ledger',
      file: join(path, 'ledger.lock'),
      processId,
      posix,
      userId,
      hints,
      patience,
      // On Windows a file that is open cannot be moved to its place.
      ...(posix && { line: new WaitingLine(join(path, 'waiting'), locks, hints) }),
    });
  }

  owner(lifetime: LedgerRecord['lifetime']): Owner {
    const { owner } = this.#options;
    return lifetime === 'runtime' ? { ...owner } : { user: owner.user };
  }

  async read(narrowing?: Narrowing): Promise<readonly LedgerRecord[]> {
    return (await this.readPlaces(narrowing)).here;
  }

  async readPlaces(narrowing: Narrowing = {}): Promise<LedgerPlaces> {
    await this.#checkFolder();
    const { own, system } = await this.#look();
    const here = [
      ...narrowed(system.persistent, narrowing),
      ...system.legacy,
      ...system.here,
      ...narrowed(own.persistent, narrowing),
      ...this.#runtime.records,
      ...own.legacy,
      ...own.here,
    ];
    return { here, elsewhere: [...system.elsewhere, ...own.elsewhere] };
  }

  async readAll(): Promise<LedgerContent> {
    await this.#checkFolder();
    const { own, system, exclusions } = this.#viewOf(await this.#look());
    return {
      reservations: [...system, ...own],
      exclusions: [...exclusions.system, ...exclusions.own],
    };
  }

  isHeldByThisProcess(record: LedgerRecord): boolean {
    return this.#runtime.records.includes(record) || isHeldByThisProcess(record);
  }

  async foresee(): Promise<LedgerView> {
    const { folders, posix } = this.#options;
    await this.#checkFolder();
    if (posix) checkMayWrite(folders.own.path);
    return this.#viewOf(await this.#look());
  }

  async change<T>(work: (change: LedgerChange) => Promise<T>, options: ChangeOptions = {}): Promise<T> {
    try {
      return await this.#change(work, options);
    } finally {
      if (this.#runtime.isStale) this.#repairLater();
    }
  }

  /** On a full disk what was freed cannot be taken from the file: nobody else is to think for ever that it is held. */
  #repairLater(): void {
    const repair = () => this.#runtime.write(this.#runtime.records);
    clearTimeout(this.#repair);
    this.#repair = setTimeout(() => this.change(repair, { isShared: true }).catch(() => {}), repairAfter).unref();
  }

  async #change<T>(
    work: (change: LedgerChange) => Promise<T>,
    { isShared = false, signal }: ChangeOptions,
  ): Promise<T> {
    const { folders, posix, locks } = this.#options;
    await locks.ready();
    await this.#checkFolder();
    if (await makeFolder(folders.own, posix)) await this.#checkFolder();
    if (isShared && posix) {
      try {
        return await this.#lock.hold((signature) => this.#changeBeside(work, signature), { isShared, signal });
      } catch (error) {
        if (!(error instanceof MustBeAlone)) throw error;
      }
    }
    // Nobody who wants the ledger waits for what else the work needs.
    return untilUntaken(() => this.#lock.hold(() => this.#changeNow(work), { signal }), signal);
  }

  async watch(listeners: LedgerListeners): Promise<LedgerWatch> {
    await this.#options.locks.ready();
    const homes = [this.#own, ...(this.#system ? [this.#system] : [])];
    const watch = new LedgerWatch({ ...listeners, homes, read: () => this.read() });
    await watch.look();
    return watch;
  }

  close(): void {
    clearTimeout(this.#repair);
    this.#runtime.close();
    for (const home of [this.#own, this.#system]) home?.runtime.close();
  }

  async #changeBeside<T>(work: (change: LedgerChange) => Promise<T>, signature: string | undefined): Promise<T> {
    if (signature === undefined || this.#seen?.signature !== signature) {
      this.#seen = { signature, own: await this.#own.read(this.#runtime.service) };
    }
    const { own } = this.#seen;
    const isTidy = this.#isTidied || !this.#own.runtime.hasDead();
    if (own.hasDead || own.isExposed || !isTidy) beAlone();
    this.#isTidied = true;
    const theirs = new Set<LedgerRecord>([...own.legacy, ...own.here]);
    return work({
      ...this.#viewOf({ own, system: await readIfAllowed(this.#system) }),
      isShared: true,
      beAlone,
      write: async (records) => {
        if (!sameItems(records.filter(isPersistent), own.persistent)) beAlone();
        await this.#runtime.write(records.filter((item) => !isPersistent(item) && !theirs.has(item)));
      },
      writeExclusions: async () => beAlone(),
    });
  }

  async #changeNow<T>(work: (change: LedgerChange) => Promise<T>): Promise<T> {
    const runtime = this.#runtime;
    const found = await this.#look();
    const { exclusions, legacy, here, hasDead, isExposed } = found.own;
    const persistent = (await this.#own.secrets?.complete(found.own.persistent)) ?? found.own.persistent;
    found.own = { ...found.own, persistent };
    if (hasDead || !this.#isTidied) this.#own.runtime.removeDead();
    this.#isTidied = true;
    const theirs = new Set([...legacy, ...here].map(keyOf));
    let content = { persistent, exclusions, legacy };
    if (isExposed) await this.#write(content);
    const before = content;
    const writeDurable = async (changed: Partial<typeof content>) => {
      const next = { ...content, ...changed };
      if (sameItems(next.persistent, content.persistent) && sameItems(next.exclusions, content.exclusions)) return;
      await this.#write(next);
      content = next;
    };
    const { audit } = this.#options;
    const changing = work({
      ...this.#viewOf(found),
      isShared: false,
      beAlone,
      write: async (records) => {
        await writeDurable({ persistent: records.filter(isPersistent) });
        await runtime.write(records.filter((item) => !isPersistent(item) && !theirs.has(keyOf(item))));
      },
      writeExclusions: (records) => writeDurable({ exclusions: records }),
    });
    // A change that failed has put back what it could; what it could not is told, too.
    return audit ? changing.finally(() => content !== before && audit(before, content)) : changing;
  }

  async #look(): Promise<Found> {
    return { own: await this.#own.read(this.#runtime.service), system: await readIfAllowed(this.#system) };
  }

  #viewOf({ own, system }: Found): LedgerView {
    return {
      own: [...own.persistent, ...this.#runtime.records, ...own.legacy, ...own.here],
      system: [...system.persistent, ...system.legacy, ...system.here],
      exclusions: { own: own.exclusions, system: system.exclusions },
    };
  }

  #checkFolder(): Promise<void> {
    const { folders, posix, userId } = this.#options;
    return checkFolder(folders.own, posix, userId === 0);
  }

  async #write(content: Parameters<typeof textOf>[1]): Promise<void> {
    const { folders, posix } = this.#options;
    const mode = folders.own.shared ? 0o644 : 0o600;
    const { secrets } = this.#own;
    await secrets?.add(content.persistent);
    const persistent = secrets?.conceal(content.persistent) ?? content.persistent;
    await replaceFile({ path: this.file, mode, posix, hints }, textOf(this.file, { ...content, persistent }));
    // What is left of them is no harm, and dropped by the next change.
    await secrets?.forget(content.persistent).catch(() => {});
  }
}

const isPersistent = ({ lifetime }: LedgerRecord): boolean => lifetime === 'persistent';
