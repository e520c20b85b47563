import type {
  ExclusionRecord,
  ExclusionStore,
  PortExclusion,
  PortRange,
  Protocol,
  Reservation,
} from '../protocol/generated/contract.ts';

/** An exclusion as the system lists it; whose it is, the ledger knows. */
export type SystemExclusion = Pick<PortExclusion, 'protocol' | 'range' | 'store' | 'source' | 'administered'>;

/** What the system keeps out of automatic choice. */
export interface ExclusionTable {
  exclusions: SystemExclusion[];
  /** What could not be looked at, one sentence each. */
  warnings: string[];
}

/** A request to keep one definite range out of automatic choice. */
export interface ExclusionRequest {
  protocol: Protocol;
  range: PortRange;
  store: ExclusionStore;
  /** Whether WinNAT is stopped for the moment of the change, so that it lets go of what it took. */
  restartNat: boolean;
  /** Whether something of the caller's goes for it: own exclusions before it is made, reservations with it. */
  isReplacing?: boolean;
  /** Persistent reservations of the caller that go for it, in the same step. */
  replacing?: readonly Reservation[];
  /** Whether another range is tried where this one is refused: then nobody reads why, and only the port counts. */
  isTrial?: boolean;
  /** The one that `list` was given for it. */
  look?: object;
  /** Is told what is to be known of it besides, one sentence each. */
  tell?: (warning: string) => void;
  signal?: AbortSignal;
}

/** Keeps ports out of automatic choice on one kind of system. */
export interface Excluder {
  /**
   * What the system keeps out of automatic choice, in force or from the next restart on.
   *
   * @param recorded the exclusions made here, of any protocol. One that the system still has is listed with exactly its
   * range, also where the system merges neighbours; one that it has no more is not listed.
   * @param look the same object for all of one request: what was read for it already does
   * @throws ServiceError AccessDenied, NotSupported, OsError
   */
  list(protocols: readonly Protocol[], recorded: readonly ExclusionRecord[], look?: object): Promise<ExclusionTable>;

  /**
   * Keeps the range out of automatic choice, or changes nothing. The record is in the ledger already, so that a killed
   * worker leaves a record of what is not there, and never an exclusion of unknown origin. One of exactly this range that
   * was made here for another time is then for this one.
   *
   * @returns the exclusion as the system lists it now
   * @throws ServiceError AccessDenied, PortInUse, RangeReserved, RangeExcluded, NotSupported, OsError
   */
  add(request: ExclusionRequest): Promise<SystemExclusion>;

  /**
   * Refuses what `add` would refuse, as far as that can be known without trying, and changes nothing.
   * @throws what `add` does
   */
  checkAddition(request: ExclusionRequest): Promise<void>;

  /**
   * Gives the range of a listed exclusion back to automatic choice, from every store that has it. What is already gone is
   * no error.
   *
   * @param own whether it was made here; if not, the caller was told to remove it all the same
   * @throws ServiceError AccessDenied, NotSupported, OsError; nothing has changed then
   */
  remove(exclusion: SystemExclusion, own: boolean): Promise<void>;

  /**
   * Refuses what `remove` would refuse, and changes nothing.
   * @throws what `remove` does
   */
  checkRemoval(exclusion: SystemExclusion, own: boolean): Promise<void>;
}
