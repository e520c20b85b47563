import type { ExclusionRecord, LedgerRecord, Owner } from '../protocol/generated/contract.ts';
import type { Narrowing } from './record-index.ts';

/** What a ledger holds. */
export interface LedgerContent {
  /** Those whose ports are this network namespace's. */
  reservations: readonly LedgerRecord[];
  exclusions: readonly ExclusionRecord[];
}

/** Records by where their ports are. */
export interface LedgerPlaces {
  here: readonly LedgerRecord[];
  elsewhere: readonly LedgerRecord[];
}

/** What is recorded at one moment, by whose ledger it is in. */
export interface LedgerView {
  /**
   * The records of the ledger this process may write, without those of the dead and of other places. Runtime ones of other
   * services are among them; they are theirs, and `write` leaves them as they are.
   */
  readonly own: readonly LedgerRecord[];
  /** The records of the system's ledger, where this process writes to the user's; read-only. */
  readonly system: readonly LedgerRecord[];
  /** The exclusions recorded in the same two files. */
  readonly exclusions: { readonly own: readonly ExclusionRecord[]; readonly system: readonly ExclusionRecord[] };
}

/** One change of the ledger, made while its lock is held. */
export interface LedgerChange extends LedgerView {
  /** Whether others make changes at the same time. */
  readonly isShared: boolean;
  /** Has the work done again when nobody else makes changes. It has changed nothing so far. */
  readonly beAlone: () => never;
  /** Replaces the own records; when this returns the persistent ones survive a power cut. The exclusions stay. */
  write(records: readonly LedgerRecord[]): Promise<void>;
  /** Replaces the own records of exclusions, as durably. The reservations stay. */
  writeExclusions(records: readonly ExclusionRecord[]): Promise<void>;
}

/** How a change is made. */
export interface ChangeOptions {
  /**
   * Whether others may make such changes at the same time: what it claims the system itself keeps apart, and what it frees
   * is held by this service. Others' runtime reservations, as the work sees them, may be fewer by now, or more by such.
   */
  isShared?: boolean;
  /** Ends the waiting for the lock; the work itself goes on to its end. */
  signal?: AbortSignal | undefined;
}

/** Whom a watch of a ledger tells. */
export interface LedgerListeners {
  /** Gets all records this user may see; the next time when this has settled. */
  onRecords: (records: readonly LedgerRecord[]) => Promise<void> | void;
  /** The ledger cannot be read or watched now. It goes on. */
  onTrouble: (error: unknown) => void;
}

/** The record of all reservations: who, why, since when, and whether the owner still lives; and of our exclusions. */
export interface Ledger {
  /** The path of the file this process writes, for messages. */
  readonly file: string;
  /** The owner this process is recorded as: a runtime reservation names the process, a persistent one the user alone. */
  owner(lifetime: LedgerRecord['lifetime']): Owner;
  /**
   * All records this user may see, own and system's, without those of the dead and of other places. Takes no lock.
   * @param narrowing what cannot be meant may be left out, so that the cost does not grow with all that is recorded
   * @throws ServiceError LedgerCorrupt, AccessDenied, OsError
   */
  read(narrowing?: Narrowing): Promise<readonly LedgerRecord[]>;
  /**
   * The same and the records of exclusions, those of one file as they were at one moment. Takes no lock.
   * @throws ServiceError LedgerCorrupt, AccessDenied, OsError
   */
  readAll(): Promise<LedgerContent>;
  /**
   * The same, and apart from them the runtime reservations of other network namespaces and hosts; each says so. Their ports
   * are not these.
   * @throws ServiceError LedgerCorrupt, AccessDenied, OsError
   */
  readPlaces(narrowing?: Narrowing): Promise<LedgerPlaces>;
  /** Whether the record is of a runtime reservation that a service of this process holds, this one or another. */
  isHeldByThisProcess(record: LedgerRecord): boolean;
  /**
   * What a change would find, without its lock: for saying what it would do.
   * @throws ServiceError what `change` throws where this user may not write the ledger; LedgerCorrupt, AccessDenied, OsError
   */
  foresee(): Promise<LedgerView>;
  /**
   * Runs the work under the ledger's lock. What it wrote stands even if it then throws. Not to be nested: the inner change
   * would wait for the outer one.
   * @throws ServiceError LedgerBusy, LedgerCorrupt, AccessDenied, OsError; the signal's reason when aborted while waiting
   */
  change<T>(work: (change: LedgerChange) => Promise<T>, options?: ChangeOptions): Promise<T>;
  /**
   * Gives what `read` gives, now and whenever it may have changed, by this process or another, or by the end of an owner.
   * Resolves when that has begun.
   */
  watch(listeners: LedgerListeners): Promise<{ close(): void }>;
  /** Forgets the runtime reservations of this service. Waits for nobody, and fails at nothing. */
  close(): void;
}
