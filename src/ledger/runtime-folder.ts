import { readdirSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileError, osCode } from '../machine/file-error.ts';
import { type Found, KeptFile } from '../machine/kept-file.ts';
import type { LifeLocks } from '../machine/life-file.ts';
import { LifeWatch } from '../machine/life-watch.ts';
import type { LedgerRecord, Owner } from '../protocol/generated/contract.ts';
import { largestFile, unopened } from './durable-records.ts';
import { ledgerHints as hints } from './file-hints.ts';
import { isOfThisProcess, markOfThisProcess } from './own-services.ts';
import { distance, isJudged, type Place, sharesProcesses } from './place.ts';
import { RuntimeLines } from './runtime-text.ts';

/** Beside the ledger's file. */
export const runtimeFolderIn = (home: string): string => join(home, 'runtime');

const records = '.json';
const lock = '.lock';

/** Whether a file of that name holds records. */
export const isRecords = (name: string): boolean => name.endsWith(records);

/** The files of one service. */
export const runtimeFiles = (folder: string, service: string) => ({
  records: join(folder, `${service}${records}`),
  lock: join(folder, `${service}${lock}`),
});

/** What the living services hold. */
export interface Held {
  /** Ports of this network namespace. */
  here: LedgerRecord[];
  /** Ports of other places; each says so. */
  elsewhere: LedgerRecord[];
  /** Whether a service has died and left its files. */
  hasDead: boolean;
}

interface Service {
  place: Place;
  here: readonly LedgerRecord[];
  elsewhere: readonly LedgerRecord[];
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // What stays is tried again by the next one.
  }
}

/** The runtime reservations of a ledger, a file for each service. Alive is whoever holds the lock of his file. */
export class RuntimeFolder {
  readonly path: string;
  readonly #lives: LifeWatch;
  readonly #here: Place;
  readonly #services = new Map<string, KeptFile<Service | undefined>>();

  constructor(path: string, locks: LifeLocks, here: Place) {
    this.path = path;
    this.#lives = new LifeWatch(locks);
    this.#here = here;
  }

  /**
   * What the living services hold, but for one.
   * @throws ServiceError LedgerCorrupt, AccessDenied, OsError
   */
  read(except?: string): Held {
    const held: Held = { here: [], elsewhere: [], hasDead: false };
    const services = this.#names(records);
    this.#forgetAllBut(services);
    for (const service of services) {
      if (service === except) continue;
      if (!this.#isLiving(service)) {
        held.hasDead = true;
        continue;
      }
      const content = this.#contentOf(service);
      held.here.push(...(content?.here ?? []));
      held.elsewhere.push(...(content?.elsewhere ?? []));
    }
    return held;
  }

  #forgetAllBut(services: ReadonlySet<string>): void {
    for (const service of this.#services.keys()) if (!services.has(service)) this.#services.delete(service);
    this.#lives.forget((path) => services.has(basename(path, lock)));
  }

  close(): void {
    this.#lives.close();
  }

  /** Whether a service has left a file, living or dead. */
  isUsed(): boolean {
    return this.#names(records).size > 0 || this.#names(lock).size > 0;
  }

  /** Whether a service has died and left a file, be it without records. */
  hasDead(): boolean {
    return [...this.#names(lock)].some((service) => !this.#isLiving(service));
  }

  /** Which services live, in one text that changes when that does. */
  living(): string {
    return [...this.#names(records)].filter((service) => this.#isLiving(service)).join(' ');
  }

  /** Removes what the dead have left; for whoever has the ledger's lock, under which services begin. */
  removeDead(): void {
    const services = new Set([...this.#names(records), ...this.#names(lock)]);
    for (const service of services) {
      if (this.#isLiving(service)) continue;
      const files = runtimeFiles(this.path, service);
      remove(files.records);
      remove(`${files.records}.new`);
      remove(files.lock);
    }
  }

  #isLiving(service: string): boolean {
    const lives = this.#lives.lives(runtimeFiles(this.path, service).lock);
    if (lives !== false) return true;
    try {
      const place = this.#contentOf(service)?.place;
      return place !== undefined && !isJudged(place, this.#here, this.path);
    } catch {
      return false; // nobody can say any more what it held
    }
  }

  #contentOf(service: string): Service | undefined {
    const { records: file } = runtimeFiles(this.path, service);
    let kept = this.#services.get(service);
    if (!kept) {
      const lines = this.#linesOf(service, file);
      const parse = (found: Found) => {
        const content = lines.contentOf(found);
        return content && this.#serviceOf(content); // without a file it freed all that it held
      };
      kept = new KeptFile(file, largestFile, parse, { isMarked: true });
      this.#services.set(service, kept);
    }
    try {
      return kept.read();
    } catch (error) {
      throw unopened(file, error);
    }
  }

  #linesOf(service: string, file: string): RuntimeLines<LedgerRecord> {
    const isOwn = isOfThisProcess(service);
    return new RuntimeLines(file, (item, place) => {
      const record = { ...item, owner: this.#ownerHere(item.owner, place) };
      if (isOwn) markOfThisProcess(record);
      return record;
    });
  }

  #serviceOf({ place, records: all }: { place: Place; records: LedgerRecord[] }): Service {
    const elsewhere = distance(place, this.#here);
    return { place, here: elsewhere ? [] : all, elsewhere: elsewhere ? all : [] };
  }

  /** The owner as it is seen from here. */
  #ownerHere({ processId, processStartTime, ...owner }: Owner, place: Place): Owner {
    const elsewhere = distance(place, this.#here);
    const process = { ...(processId && { processId }), ...(processStartTime && { processStartTime }) };
    return { ...owner, ...(sharesProcesses(place, this.#here) && process), ...(elsewhere && { elsewhere }) };
  }

  #names(ending: string): Set<string> {
    try {
      const names = readdirSync(this.path).filter((name) => name.endsWith(ending));
      return new Set(names.map((name) => name.slice(0, -ending.length)));
    } catch (error) {
      if (osCode(error) === 'ENOENT') return new Set();
      throw fileError(error, { action: 'read', path: this.path, hints });
    }
  }
}
