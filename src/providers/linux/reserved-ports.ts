import { accessSync, constants, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Host } from '../../host.ts';
import { replaceUnflushed, stageFile } from '../../machine/durable-file.ts';
import { onFileNow, osCode } from '../../machine/file-error.ts';
import { FileLock } from '../../machine/file-lock.ts';
import { type ErrorName, ServiceError } from '../../protocol/errors.ts';
import type {
  ExclusionRecord,
  MovedLine,
  PortRange,
  Protocol,
  Reservation,
} from '../../protocol/generated/contract.ts';
import { isEmpty, PortSet, rangesWithout, union } from '../../protocol/port-set.ts';
import type { ExclusionRequest, ExclusionTable, SystemExclusion } from '../excluder.ts';
import { dynamicRange } from '../proc/dynamic-range.ts';
import type { Conditions, Recorded, Repeated } from '../provider.ts';
import { conditionsIn } from './conditions.ts';
import { exclusionsIn, lastingPorts, listName } from './exclusion-table.ts';
import { sysctlHints as hints } from './file-hints.ts';
import { LiveList } from './live-list.ts';
import { moveMainLine } from './main-file.ts';
import { bothMarks, excludedBy, type Marks, noMarks, portsMarked, reservedBy, withoutMarks } from './marks.ts';
import { type Plan, planChange, readState, type State } from './plan.ts';
import { refuseExcluded, refuseOthersFile, refuseReserved, refuseUnlasting } from './refusals.ts';
import { type AssignmentsOfOthers, assignmentsOfOthers, portsOfOthers, type SysctlPaths } from './sysctl-files.ts';

/** The ports, or none when this error says that there is nothing to see. */
function unless(errorName: ErrorName, ports: () => PortSet): PortSet {
  try {
    return ports();
  } catch (error) {
    if (error instanceof ServiceError && error.errorName === errorName) return new PortSet();
    throw error;
  }
}

/** What the system is to keep for the ledger, and what it is to let go. */
export interface Kept {
  reservations: readonly Reservation[];
  exclusions: readonly ExclusionRecord[];
  freed: readonly Reservation[];
}

/** What the list needs to know of the process and of the machine. */
type ListHost = Pick<Host, 'processId' | 'userId' | 'commandLine'>;

const isDue = ({ changesOurs, changesFile }: Plan): boolean => changesOurs || changesFile;

/**
 * The ports Linux keeps out of automatic choice: net.ipv4.ip_local_reserved_ports, live and in sysctl.d.
 *
 * Both hold one set of ports without owners; the kernel even merges neighbours. What is whose is known because
 * - a claim on a port that others have there, live or in a file, is refused, so ours and theirs begin disjoint;
 * - our file says which ports are reserved or excluded, by protocol: releasing a TCP range leaves the UDP range of the
 *   same numbers, and the exclusion of them;
 * - ports are added and taken out as one set from another, never entry by entry: neighbours stay, merged or not.
 * Others may later name a port of ours too. In a file of theirs that is seen, and the port stays when ours is released;
 * in the live list alone it leaves no trace, and the port goes with ours.
 *
 * A change stages the file, changes the live list, renames the file: what may fail (rights, a full disk) fails before
 * anything is seen, and what fails later is undone. A process killed in between leaves one of the two behind the ledger;
 * the next settle adds what is missing; an exclusion until the next restart is completed by adding it again.
 */
export class ReservedPorts {
  readonly #paths: SysctlPaths;
  readonly #commandLine: () => string;
  readonly #live: LiveList;
  /** What was excluded last, as long as nothing of it changes. */
  #excluded: { live: PortSet; others: PortSet; both: PortSet } | undefined;
  /** The ledger's lock alone does not do: root may keep several ledgers, and there is one kernel. */
  readonly #lock: FileLock;
  readonly #looked = new WeakMap<object, State>();

  constructor(paths: SysctlPaths, { processId, userId, commandLine }: ListHost) {
    this.#paths = paths;
    this.#commandLine = commandLine;
    this.#live = new LiveList(paths.live, `${paths.own}.live`);
    this.#lock = new FileLock({
      file: `${paths.own}.lock`, // no *.conf, so that nobody takes it for settings
      guards: 'The list of ports that the system does not hand out',
      posix: true,
      processId,
      userId,
      hints,
      isPassing: true,
    });
  }

  /** Our file of sysctl.d. */
  get file(): string {
    return this.#paths.own;
  }

  get isThere(): boolean {
    return existsSync(this.#paths.own);
  }

  /** Repeats what others' files set now. @returns how that differs from before; undefined where it does not */
  async repeatOthers(): Promise<Repeated | undefined> {
    const { repeated } = this.conditions([]);
    if (repeated) await this.settle({ reservations: [], exclusions: [], freed: [] });
    return repeated;
  }

  /**
   * The ports kept out of automatic choice, by whomever: now, and from the next restart on, which a claim refuses too.
   * None on a kernel without the list; of the files, none where this user may not read one of them.
   */
  excluded(): PortSet {
    const live = unless('NotSupported', () => this.#live.read());
    const others = unless('AccessDenied', () => portsOfOthers(assignmentsOfOthers(this.#paths)));
    if (this.#excluded?.live !== live || this.#excluded.others !== others) {
      this.#excluded = { live, others, both: union(live, others) };
    }
    return this.#excluded.both;
  }

  /**
   * Refuses what can be refused before anything is written: missing rights, others' exclusions, a list too long.
   * @param range what is to be kept as a whole
   * @param fresh what of it is not the caller's yet
   * @param look the same for the checks of one change, which read the system once: it is settled under a lock of its own
   */
  check(
    protocol: Protocol,
    { range, fresh }: { range: PortRange; fresh: readonly PortRange[] },
    look: object = {},
  ): void {
    const state = this.#looked.get(look) ?? this.#rightfulState();
    this.#looked.set(look, state);
    for (const part of fresh) {
      refuseUnlasting(protocol, part, state, this.#paths);
      refuseReserved(protocol, part, state, this.#paths);
      refuseExcluded(protocol, part, state, this.#paths);
    }
    planChange(state, reservedBy([{ protocol, range }]), noMarks);
  }

  /**
   * Adds what is missing, repeats what others' files set now, and takes out the ports of what is freed, live and from the
   * file, as far as nobody else has them there. One step, all or nothing.
   */
  async settle(kept: Kept): Promise<void> {
    await this.#change(() => this.#settlement(kept), isDue);
  }

  /** Refuses what `settle` would refuse. */
  checkSettled(kept: Kept): void {
    if (isDue(this.#settlement(kept))) this.#checkRights();
  }

  #settlement({ reservations, exclusions, freed }: Kept): Plan {
    const keep = bothMarks(reservedBy(reservations), excludedBy(exclusions));
    return planChange(this.#state(), keep, reservedBy(freed));
  }

  /** Takes the reservation's ports out, live and from the file, as far as nobody else has them there. All or nothing. */
  async release(reservation: Reservation): Promise<void> {
    const free = reservedBy([reservation]);
    await this.#change(
      () => planChange(this.#state(), noMarks, free),
      ({ changesOurs }) => changesOurs,
    );
  }

  /** What is excluded, by whomever; of ours, each as it was made. */
  exclusions(protocols: readonly Protocol[], recorded: readonly ExclusionRecord[]): ExclusionTable {
    const warnings: string[] = [];
    const others = this.#othersOrWarning(warnings);
    const state = readState(this.#paths, this.#live, { command: this.#commandLine(), others });
    const exclusions = protocols.flatMap((protocol) => exclusionsIn(state, { protocol, recorded, paths: this.#paths }));
    return { exclusions, warnings };
  }

  /** How what is recorded compares with the kernel's list and the files; nothing where this user may not read them. */
  conditions(records: readonly Recorded[]): Conditions {
    try {
      return conditionsIn(this.#state(), records, this.#paths);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return { states: [], warnings: [], isOverridden: false };
    }
  }

  /** The ports that are kept from the next restart on, too. */
  lasting(): PortSet {
    return unless('AccessDenied', () => lastingPorts(this.#paths));
  }

  /**
   * Excludes the range, live and if it is to last in our file; one that is there for another time is then for this one.
   * All or nothing.
   */
  async exclude(request: ExclusionRequest): Promise<SystemExclusion> {
    this.#checkRights(request.store === 'active');
    await this.#change(
      () => this.#exclusion(request),
      ({ changesOurs }) => changesOurs,
    );
    const { protocol, range, store } = request;
    return { protocol, range, store, source: listName, administered: true };
  }

  /** Refuses what `exclude` would refuse. */
  checkExclusion(request: ExclusionRequest): void {
    this.#checkRights(request.store === 'active');
    this.#exclusion(request);
  }

  #exclusion({ protocol, range, store, replacing = [] }: ExclusionRequest): Plan {
    const state = this.#state();
    if (store === 'persistent') refuseUnlasting(protocol, range, state, this.#paths);
    const own = replacing.map((one) => one.range);
    for (const part of rangesWithout(range, own)) refuseReserved(protocol, part, state, this.#paths);
    const other = store === 'persistent' ? 'active' : 'persistent';
    const free = bothMarks(excludedBy([{ protocol, range, store: other }]), reservedBy(replacing));
    return planChange(state, excludedBy([{ protocol, range, store }]), free);
  }

  /** Takes an exclusion out, live and from our file, as far as it is not in others' files. All or nothing. */
  async unexclude(exclusion: SystemExclusion, own: boolean): Promise<void> {
    this.#checkRights(exclusion.store === 'active');
    await this.#change(() => this.#removal(exclusion, own), isDue);
  }

  /** Refuses what `unexclude` would refuse. */
  checkRemoval(exclusion: SystemExclusion, own: boolean): void {
    this.#checkRights(exclusion.store === 'active');
    this.#removal(exclusion, own);
  }

  #removal(exclusion: SystemExclusion, own: boolean): Plan {
    const state = this.#state();
    if (!own) refuseOthersFile(exclusion, state);
    const stores = ['active', 'persistent'] as const;
    return planChange(state, noMarks, excludedBy(stores.map((store) => ({ ...exclusion, store }))));
  }

  /** What others' files set; where this user may not read one of them, nothing, and a warning is added. */
  #othersOrWarning(warnings: string[]): AssignmentsOfOthers {
    try {
      return assignmentsOfOthers(this.#paths);
    } catch (error) {
      if (!(error instanceof ServiceError && error.errorName === 'AccessDenied')) throw error;
      warnings.push(`What others' files exclude is not known apart. ${error.message}`);
      return { before: [], after: [] };
    }
  }

  /**
   * Takes out what our files name as ours and nothing of what is kept asks for: a ledger that is gone did. What others set
   * stays, and so does what somebody added by hand.
   * @returns those ports
   */
  async forgetOrphans({ reservations, exclusions }: Omit<Kept, 'freed'>, whatIf: boolean): Promise<PortRange[]> {
    const keep = bothMarks(reservedBy(reservations), excludedBy(exclusions));
    const orphans = (state: State) => withoutMarks(state.own.marks, keep);
    const found = portsMarked(orphans(this.#state()));
    if (isEmpty(found)) return [];
    this.#checkRights();
    if (!whatIf) await this.#change(() => this.#without(orphans), isDue);
    return found.ranges();
  }

  #without(orphans: (state: State) => Marks): Plan {
    const state = this.#state();
    return planChange(state, noMarks, orphans(state));
  }

  /** Moves the line of /etc/sysctl.conf that sets the list, one at a time. */
  async moveLine(whatIf: boolean): Promise<MovedLine | undefined> {
    const line = await moveMainLine(this.#paths, true);
    if (!line) return undefined;
    this.#checkRights(true);
    onFileNow({ action: 'write to', path: dirname(this.#paths.own), hints }, () => this.#accessFolder());
    if (whatIf) return line;
    makeFolder(dirname(this.#paths.own));
    return this.#lock.holdNow(() => moveMainLine(this.#paths, false));
  }

  #rightfulState(): State {
    this.#checkRights();
    return this.#state();
  }

  #state(): State {
    return readState(this.#paths, this.#live, { command: this.#commandLine() });
  }

  /** @param isPassing whether nothing is to be there after the next restart that is not there now */
  #checkRights(isPassing = false): void {
    this.#live.checkRights();
    if (isPassing) return;
    onFileNow({ action: 'write to', path: dirname(this.#paths.own), hints }, () => this.#accessFolder());
  }

  #accessFolder(): void {
    const folder = dirname(this.#paths.own);
    const { W_OK, X_OK } = constants;
    accessSync(existsSync(folder) ? folder : dirname(folder), W_OK | X_OK);
  }

  #isReadOnly(): boolean {
    try {
      this.#accessFolder();
      return false;
    } catch (error) {
      return osCode(error) === 'EROFS';
    }
  }

  async #change(plan: () => Plan, isNeeded: (plan: Plan) => boolean): Promise<void> {
    if (!this.#live.isInterrupted && !isNeeded(plan())) return;
    if (plan().isPassing && this.#isReadOnly()) {
      // No file can be there, so nobody else of ours changes any; the kernel's list takes care of itself.
      return this.#carryOut(plan());
    }
    makeFolder(dirname(this.#paths.own));
    // The ledger's lock is held.
    await this.#lock.holdNow(async () => {
      this.#live.recover();
      const locked = plan(); // what the one before us did counts
      if (isNeeded(locked)) await this.#carryOut(locked);
    });
  }

  async #carryOut({ add, remove, text, passing, changesFile, isPassing }: Plan): Promise<void> {
    const isWritten = changesFile && !(isPassing && this.#isReadOnly());
    const own = { path: this.#paths.own, mode: 0o644, posix: true, hints };
    const file = isWritten ? await stageFile(own, text) : undefined;
    const first = dynamicRange('linux');
    try {
      this.#live.add(add);
      this.#live.remove(remove, first);
      if (passing.text !== passing.before) await this.#notePassing(passing.text);
      await file?.commit();
    } catch (error) {
      file?.discard();
      if (passing.text !== passing.before) await this.#notePassing(passing.before);
      this.#undo(add, remove, first);
      throw error;
    }
  }

  /** What is until the next restart is noted where it can be, and is in the kernel's list alone where not. */
  async #notePassing(text: string | undefined): Promise<void> {
    const path = this.#paths.passing;
    try {
      if (text === undefined) return rmSync(path, { force: true });
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
      await replaceUnflushed({ path, mode: 0o644, posix: true, hints }, text);
    } catch {
      // A folder that nobody may write, as in some containers.
    }
  }

  #undo(added: PortSet, removed: PortSet, first: PortRange): void {
    try {
      this.#live.recover();
      this.#live.remove(added, first);
      this.#live.add(removed);
    } catch {
      // The failure that brought us here is the one to tell.
    }
  }
}

function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  onFileNow({ action: 'create', path: folder, hints }, () => mkdirSync(folder, { recursive: true, mode: 0o755 }));
}
