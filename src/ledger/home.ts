import { join } from 'node:path';
import type { LifeLocks } from '../machine/life-file.ts';
import { NativePartError } from '../native/native-part-error.ts';
import { ServiceError } from '../protocol/errors.ts';
import { type DurableContent, DurableRecords } from './durable-records.ts';
import type { LedgerFolder } from './ledger-folders.ts';
import { type Look, liveLegacyRecords } from './legacy-records.ts';
import type { Place } from './place.ts';
import { type Held, RuntimeFolder, runtimeFolderIn } from './runtime-folder.ts';
import { SecretTokens } from './secret-tokens.ts';

/** What a home is read with. */
export interface HomeOptions {
  posix: boolean;
  locks: LifeLocks;
  place: Place;
  look: Look;
  /** The user who may only read it; undefined for its owner. */
  reader?: number | undefined;
}

/** What is in one ledger; its tokens as far as this user is shown them. */
export interface HomeContent extends DurableContent, Held {
  /** Whether its file has tokens that belong elsewhere. */
  isExposed?: boolean;
}

/** One folder with a ledger in it. */
export class Home {
  readonly durable: DurableRecords;
  /** Absent on Windows, which keeps the tokens itself. */
  readonly secrets: SecretTokens | undefined;
  readonly runtime: RuntimeFolder;
  readonly #look: Look;
  readonly #locks: LifeLocks;

  constructor(folder: LedgerFolder, { posix, locks, place, look, reader }: HomeOptions) {
    const { path } = folder;
    this.secrets = posix ? new SecretTokens(folder, reader) : undefined;
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
    const isJudged = this.#locks.isReady || !this.runtime.isUsed() || (await this.#canJudge());
    const persistent = this.secrets?.reveal(durable.persistent) ?? durable.persistent;
    const isExposed = this.secrets?.isExposedIn(durable.persistent) ?? false;
    return { ...durable, persistent, isExposed, legacy, ...(isJudged ? this.runtime.read(except) : noRuntime) };
  }

  /** Whether it can be told who is alive. Where Windows loads no native code it cannot; what lasts is left to read. */
  async #canJudge(): Promise<boolean> {
    try {
      await this.#locks.ready();
      return true;
    } catch (error) {
      if (error instanceof NativePartError && !this.secrets) return false;
      throw error;
    }
  }
}

const noRuntime: Held = { here: [], elsewhere: [], hasDead: false };

const nothing: HomeContent = { persistent: [], exclusions: [], legacy: [], ...noRuntime };

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
