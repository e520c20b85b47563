import type {
  Admission,
  Allow,
  Capabilities,
  Enforcement,
  ExclusionRecord,
  Hold,
  Lifetime,
  MovedLine,
  PortHolder,
  PortRange,
  PortServing,
  Protocol,
  ProviderName,
  RecordState,
  Remedy,
  RepeatedList,
  Reservation,
} from '../protocol/generated/contract.ts';
import type { PortSet } from '../protocol/port-set.ts';
import type { Excluder, SystemExclusion } from './excluder.ts';

/** The commands by which people change what a provider only looks at, each as it is typed on this kind of system. */
export interface SystemCommands {
  /** Gives the dynamic range its usual place again. */
  resetDynamicRange(protocol: Protocol): string;
  /** What else that takes, a sentence; absent where it is in force at once. */
  afterDynamicRange?: string;
  /** Shows who has sockets on the port, with rights to see it. */
  showHolders(protocol: Protocol, port: number): string;
  /** Ends a process that holds a reservation; undefined where it is one that this one lives by. */
  endProcess(processId: number): string | undefined;
  /** Lets an ordinary user bind the port, the narrowest way first; undefined where there is no such right. */
  allowPort?(port: number): { run: string; sentence: string };
}

/** A process with sockets on a port, and what makes it give the port back. */
export interface FoundHolder {
  holder: PortHolder;
  end?: Remedy;
  /** What is to be known before anything is ended, or why nothing is, one clause. */
  note?: string;
  /** Whether it is of the session that asks, which is never ended. */
  isAskers?: boolean;
}

/** What a port is found to be, by a bind and by the system's tables. */
export interface PortFacts {
  port: number;
  /** What a bind to all addresses of one family was refused with; absent: it was not refused, or there is no IPv6. */
  refusals: Partial<Record<AddressFamily, Refusal>>;
  /** The system's code for the first refusal. */
  osCode?: string | number;
  /** What a server could bind, where anything was refused. */
  serving?: PortServing;
  holders: readonly FoundHolder[];
  exclusion?: SystemExclusion;
  /** Whose it most likely is, where the system refuses it and no process has it. */
  keeper?: Keeper;
  /** What the kernel keeps the port for by a reservation of any ledger. */
  gate?: GateRange;
  /** Where a NAT rule sends what comes to the port. */
  redirection?: Redirection;
  /** The urls that are reserved on it at HTTP.sys, for programs which listen there when they run. */
  urls?: readonly string[];
}

/** What is known of who keeps a port closed that no process has. */
export interface Keeper {
  /** A sentence, without its end. */
  words: string;
  /** What opens it; absent where nothing does that is known. */
  end?: Remedy;
}

/** What the kernel knows of a reservation that it enforces. */
export interface GateRange {
  range: PortRange;
  /** Whose processes are let in without the token. */
  userId?: number;
  /** Whether a service is. */
  isForService: boolean;
}

/** A NAT rule that takes what comes to a port before any socket does. */
export interface Redirection {
  /** The rule, in words. */
  rule: string;
  /** Takes the rule away; absent where who made it would make it again. */
  end?: Remedy;
}

type AddressFamily = 'ipv4' | 'ipv6';

/** inUse: a socket is in the way. privileged: below the first port for everyone. denied: reserved, or by a policy. */
export type Refusal = 'inUse' | 'privileged' | 'denied';

/** One look at ports of one protocol. */
export interface Inspection {
  ports: PortFacts[];
  /** The families whose refusals are known apart. */
  families: readonly AddressFamily[];
  dynamicRange: PortRange;
  /** What could not be looked at, one sentence each. */
  warnings: string[];
}

/** What an inspection may be given besides the ports. */
export interface InspectionOptions {
  signal?: AbortSignal;
  /** Is told, piece by piece, how many ports more have been bound. */
  onBound?: (ports: number) => void;
}

/** What the system's tables say of all ports of one protocol; nothing is bound. */
export interface Overview {
  /** Who has sockets on each port that has any, listeners first. */
  holders: ReadonlyMap<number, readonly FoundHolder[]>;
  dynamicRange: PortRange;
  /** Absent where no port needs a right. */
  firstUnprivilegedPort?: number;
  /** What could not be looked at, one sentence each. */
  warnings: string[];
}

/** What is taken on this machine, in one look. */
export interface Survey {
  /** Ports with a socket on them, either address family; empty unless sockets were asked for. */
  inUse: PortSet;
  /** Ports the system keeps out of automatic choice; on Linux as it is when this is asked for, which may be later. */
  readonly excluded: PortSet;
  /** Ports whose packets NAT rules take before any socket sees them, as far as this user may know. */
  redirected: PortSet;
  /** Ports that are announced for programs which take them when they run, as far as this user may know. */
  announced: PortSet;
  /** Where the system takes ports for port 0 and connect from. */
  dynamicRange: PortRange;
  /** What could not be looked at, one sentence each. */
  warnings: readonly string[];
}

/** Ranges the system keeps from others: its reservations are among them. */
export interface KeptRanges {
  ranges: { protocol: Protocol; range: PortRange }[];
  /** What could not be looked at, one sentence each. */
  warnings: string[];
}

/**
 * Where runtime reservations live whose token is valid in one process alone (Windows): in the worker, or in the client,
 * so that the client can put the token on sockets of its own. Failures are errors with the system's own code.
 */
export interface RuntimeHolder {
  /** Reserves exactly the range. */
  acquire(protocol: Protocol, range: PortRange): Promise<bigint>;
  /** Frees the reservation; one that is not held is no error. */
  release(token: bigint): Promise<void>;
  /** Binds a new socket with the token, says to which port, and closes it; port 0 means any that is left. */
  probe(protocol: Protocol, token: bigint, port: number): Promise<number>;
  /** Frees all. */
  close(): Promise<void>;
}

/** Something that is recorded, to be compared with the system. */
export interface Recorded extends Pick<Reservation, 'protocol' | 'range' | 'token' | 'allow'> {
  /** Of a reservation. */
  enforcement?: Enforcement;
  /** Whether it is to be there after the next restart, too. */
  lasts: boolean;
}

/** How what is recorded compares with the system. */
export interface Conditions {
  /** In the order asked for. */
  states: RecordState[];
  /** What differs, one sentence for each way. */
  warnings: string[];
  /** Whether what the next restart loses is lost by somebody else's doing. */
  isOverridden: boolean;
  /** What somebody else's file does to all that is to last, whether anything is recorded or not. */
  foresight?: string;
  /** What other files set, and ours is to repeat. */
  repeated?: Repeated;
}

/** What other files set has changed since ours repeated it; and the sentence that tells it when ours does again. */
export interface Repeated {
  list: RepeatedList;
  told: string;
}

/** A line of somebody else's that is moved to where it takes nothing from ours. */
export interface LineMover {
  /** @returns what was moved, or would be; undefined where there is nothing to move */
  moveLine(whatIf: boolean): Promise<MovedLine | undefined>;
}

/** A request for one definite range. */
export interface Claim {
  protocol: Protocol;
  range: PortRange;
  /** Whether ports that somebody has are taken, too, where the system can. */
  allowsUse?: boolean;
  lifetime: Lifetime;
  /** What holds the ports of a runtime reservation. Default strict. */
  hold?: Hold;
  /** Who is to be stopped. Default: what the provider gives the lifetime. */
  enforcement?: Enforcement;
  /** Whom the kernel is to let in without the token. */
  allow?: Admission;
  /**
   * Persistent reservations of the caller that this one comes in place of: what they have of the range is the caller's
   * already, whoever has sockets there.
   */
  replacing?: readonly Reservation[];
  /** Whether another range is tried where this one is refused: then nobody reads why, and only the port counts. */
  isTrial?: boolean;
  /** Whether others may claim at the same time: then what the system does not keep apart by itself is refused as in use. */
  isShared?: boolean;
  /** The same object for all claims of one change: what was read of the system for one of them does for the others. */
  look?: object;
  signal?: AbortSignal;
}

/**
 * Carries reservations out on one kind of system. The service decides, under the ledger's lock, which range to ask for
 * and keeps the record; a reserver does what the system needs for it.
 */
interface Reserver {
  /** Loads what a claim needs, while nobody waits for the ledger's lock. */
  prepare?(): Promise<unknown>;

  /**
   * Takes the whole range or nothing.
   *
   * runtime: held from here on as `hold` says, until `release`, `close` or the death of this process; what is not held
   * was free a moment ago.
   * persistent: what can be refused is refused here (rights, ports in use, exclusions of others).
   *
   * @returns the token
   * @throws ServiceError AccessDenied, PortInUse, RangeReserved, RangeExcluded, NotSupported, OsError; with `port` where
   * one port was the reason, so that the search for a free block goes on behind it
   */
  claim(claim: Claim): Promise<bigint>;

  /**
   * What is to be known of such a claim on this very system, a sentence, once in the life of the provider; absent where
   * nothing is.
   */
  caution?(claim: Pick<Claim, 'lifetime' | 'hold'>): Promise<string | undefined>;

  /**
   * Refuses what `claim` would refuse, by the same checks, and changes nothing.
   * @throws what `claim` does
   */
  check(claim: Claim): Promise<void>;

  /**
   * Makes the system agree with the ledger's persistent reservations and exclusions: adds what is missing and takes out
   * what is freed, in one step, all or nothing. Called after each change of them, so that what a killed worker left undone
   * is done by the next.
   *
   * @param exclusions the persistent ones, and of those until the next restart the one that is in force and asked for again
   * @param freed what is recorded no more; a port that one of the others has stays
   * @param asked what the change is about: what else cannot be restored does not keep it from being made
   */
  settle(
    persistent: readonly Reservation[],
    exclusions?: readonly ExclusionRecord[],
    freed?: readonly Reservation[],
    asked?: readonly Reservation[],
  ): Promise<void>;

  /**
   * Refuses what `settle` would refuse, and changes nothing.
   * @throws what `settle` does
   */
  checkSettled(
    persistent: readonly Reservation[],
    exclusions?: readonly ExclusionRecord[],
    freed?: readonly Reservation[],
  ): Promise<void>;

  /** Gives the range back to the system. What is already gone is no error. Runtime: only what this process holds. */
  release(reservation: Reservation): Promise<void>;

  /**
   * Proves that the reservation can be used: binds a new socket to one of these ports of it, as its user would, and
   * closes it.
   * @returns the port
   * @throws ServiceError PortInUse when none of them is left, AccessDenied, NotOwner, NotSupported, OsError
   */
  probe(reservation: Reservation, ports: PortRange): Promise<number>;

  /**
   * Compares what is recorded here with the system; absent where the system has no more than the record, or lists it itself.
   * Nothing is compared where the system does not say.
   */
  conditions?(records: readonly Recorded[]): Promise<Conditions>;

  /**
   * Where the system itself remembers persistent reservations: the token of exactly this range, undefined if there is none.
   * Absent: the ledger is the only memory.
   * @throws ServiceError NotSupported, OsError
   */
  lookup?(protocol: Protocol, range: PortRange): Promise<bigint | undefined>;

  /** With `lookup`: the ranges to look up for the reservations that the ledger does not know. */
  keptRanges?(): Promise<KeptRanges>;

  /**
   * Whom the system is to let in, as it knows them. Absent where the token alone lets in.
   * @throws InvalidParamsError for a user that it does not know, or what is no name of a unit
   */
  admission?(allow: Allow): Promise<Admission>;

  /**
   * Lets the programs in that this process starts from here on, for runtime reservations that the kernel enforces. Absent
   * where that cannot be.
   * @throws ServiceError AccessDenied, NotSupported, OsError
   */
  admitChildren?(reservations: readonly Reservation[]): Promise<void>;

  /** Frees everything this process holds. Safe to call twice. */
  close(): void | Promise<void>;
}

/** Looks at the ports of one kind of system. Nothing is kept. */
interface Looker {
  readonly commands: SystemCommands;

  /**
   * Where the system takes ports for port 0 and connect from, as it says itself.
   * @throws ServiceError OsError, NotSupported where it cannot be read; `survey` then goes by the usual one
   */
  dynamicRange(protocol: Protocol): Promise<PortRange>;

  /**
   * What is taken, for choosing a free block. One look, no guarantee: `claim` decides.
   *
   * @param sockets whether to read the system's socket tables too: worth it for a large block, while for a small one it
   * is cheaper to let `claim` find out
   * @param look the same object for all of one request: what was read for it already does
   */
  survey(protocol: Protocol, sockets: boolean, look?: object): Promise<Survey>;

  /**
   * Whether the system's tables list a socket on a port of the range that does more than to be bound, whoever has it.
   * @throws ServiceError OsError
   */
  isServed(protocol: Protocol, range: PortRange): Promise<boolean>;

  /**
   * Whether the system's tables list a socket on a port of the range that may be another process's: a quick look before
   * `inspect`, which asks each process what it has.
   * @throws ServiceError OsError
   */
  isUsedByOthers(protocol: Protocol, range: PortRange): Promise<boolean>;

  /**
   * The first port of the range that an ordinary bind of both address families is refused, for whatever reason; undefined
   * when there is none. Each is bound and freed at once.
   * @throws ServiceError NotSupported, OsError; the signal's reason when it is aborted
   */
  firstRefused(protocol: Protocol, range: PortRange, signal?: AbortSignal): Promise<number | undefined>;

  /**
   * What each of the ports is: bound and freed again, both address families, and looked up in the system's tables.
   * @throws ServiceError NotSupported, OsError; the signal's reason when it is aborted
   */
  inspect(protocol: Protocol, ports: readonly PortRange[], options?: InspectionOptions): Promise<Inspection>;

  /**
   * What all ports of the protocol are, as far as the system's tables say.
   * @throws ServiceError NotSupported, OsError; the signal's reason when it is aborted
   */
  overview(protocol: Protocol, signal?: AbortSignal): Promise<Overview>;
}

/** What one kind of system has for the service. */
export interface Provider extends Reserver, Looker {
  readonly name: ProviderName;
  readonly capabilities: Capabilities;
  /** What a lifetime may be asked for besides. */
  readonly choices?: Partial<Record<Lifetime, readonly Enforcement[]>>;
  /** Absent where nothing keeps ports out of automatic choice. */
  readonly excluder?: Excluder;
  /** Absent where no file of somebody else's is in the way. */
  readonly lineMover?: LineMover;
}

/** The most telling first. */
const states: readonly PortHolder['state'][] = ['listening', 'connected', 'closeWait', 'bound', 'closing', 'timeWait'];

/** Orders listeners first. */
export const byState = (a: FoundHolder, b: FoundHolder): number =>
  states.indexOf(a.holder.state) - states.indexOf(b.holder.state);

/** The state of a holder is the most telling one of its sockets. */
export function addState(holder: PortHolder, state: PortHolder['state']): void {
  if (states.indexOf(state) < states.indexOf(holder.state)) holder.state = state;
}
