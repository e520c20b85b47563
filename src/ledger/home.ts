import { join } from 'node:path';
import type { LifeLocks } from '../machine/life-file.ts';
import { ServiceError } from '../protocol/errors.ts';
import { type DurableContent, DurableRecords } from './durable-records.ts';
import { type Look, liveLegacyRecords } from './legacy-records.ts';
import type { Place } from './place.ts';
import { type Held, RuntimeFolder, runtimeFolderIn } from './runtime-folder.ts';

/** What a home is read with. */
export interface HomeOptions {
  posix: boolean;
  locks: LifeLocks;
  place: Place;
  look: Look;
}

/** What is in one ledger. */
export interface HomeContent extends DurableContent, Held {}

/** One folder with a ledger in it. */
export class Home {
  readonly durable: DurableRecords;
  readonly runtime: RuntimeFolder;
  readonly #look: Look;
  readonly #locks: LifeLocks;

  constructor(path: string, { posix, locks, place, look }: HomeOptions) {
    this.durable = new DurableRecords(join(path, 'ledger.json'), posix);
    this.runtime = new RuntimeFolder(runtimeFolderIn(path), locks, place);
    this.#look = look;
    this.#locks = locks;
  }

  /**
   * What is in it, but for what one service holds.
   * @throws ServiceError LedgerCorrupt, AccessDenied, OsError
   */
  async read(except?: string): Promise<HomeContent> {
    const durable = await this.durable.read();
    const legacy = durable.legacy.length > 0 ? await liveLegacyRecords(durable.legacy, this.#look) : durable.legacy;
    if (!this.#locks.isReady && this.runtime.isUsed()) await this.#locks.ready();
    return { ...durable, legacy, ...this.runtime.read(except) };
  }
}

const nothing: HomeContent = {
  persistent: [],
  exclusions: [],
  legacy: [],
  here: [],
  elsewhere: [],
  hasDead: false,
};

/** The same of the system's, which an administrator may keep from this user. */
export async function readIfAllowed(home: Home | undefined): Promise<HomeContent> {
  if (!home) return nothing;
  try {
    return await home.read();
  } catch (error) {
    if (error instanceof ServiceError && error.errorName === 'AccessDenied') return nothing;
    throw error;
  }
}
