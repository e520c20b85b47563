import { InvalidParamsError, ServiceError } from '../protocol/errors.ts';
import type {
  ChangeError,
  DesiredChange,
  Enforcement,
  EnforcementChoice,
  PortRange,
  Protocol,
} from '../protocol/generated/contract.ts';
import { keyOf } from '../protocol/ranges.ts';
import { orFreePorts } from '../protocol/remedies.ts';
import { labelOf } from '../service/label.ts';
import type { PortService } from '../service/port-service.ts';
import type { BatchOutcome, Wish } from '../service/reservations/batch.ts';
import { type CreateRequest, createRequest } from '../service/reservations/requests.ts';
import { turns } from '../service/turns.ts';
import {
  admissionFor,
  type Existing,
  type Group,
  isDue,
  isMadeAnew,
  labelFor,
  type Plan,
  type Stale,
  type Step,
  storeFor,
} from './plan.ts';

/** What ends all attempts: each further one would wait as long for the same answer. */
const hopeless = ['LedgerBusy', 'LedgerCorrupt'];

const cancelled: ChangeError = { name: 'RequestCancelled', message: 'The request was cancelled before this was done.' };

/** How a plan is carried out. */
export interface CarryOutOptions {
  /** Whether nothing is done, and each change only says what would become of it. */
  whatIf?: boolean;
  signal?: AbortSignal | undefined;
  /** Is told what is to be known of what is made, one sentence each; the same one may come twice. */
  tell?: (warning: string) => void;
}

/**
 * Carries a plan out, or says what would become of it, by the same steps. What fails is noted at its change; so is what the
 * signal came too early for.
 */
export class CarryOut {
  readonly #service: PortService;
  readonly #whatIf: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #turn: () => Promise<void>;
  readonly #tell: (warning: string) => void;
  #end: ChangeError | undefined;

  constructor(service: PortService, { whatIf = false, signal, tell = () => {} }: CarryOutOptions = {}) {
    this.#tell = tell;
    this.#service = service;
    this.#whatIf = whatIf;
    this.#signal = signal;
    this.#turn = turns(signal);
  }

  async all({ pruned, groups }: Plan): Promise<void> {
    const due = groups.filter(({ steps }) => steps.some(({ changes }) => changes.some(isDue)));
    const simple = due.filter(isOfReservations);
    await this.#together(pruned.filter(isReservation), simple);
    for (const stale of pruned.filter((one) => !isReservation(one))) await this.#removeExclusion(stale);
    // What gives ports back goes first: others may need them.
    const others = due.filter((group) => !isOfReservations(group));
    for (const group of [...others.filter(isLeaving), ...others.filter((one) => !isLeaving(one))]) {
      await this.#apart(group);
    }
  }

  /** All that is about reservations alone, in one change of the ledger and of the system. */
  async #together(pruned: readonly Stale[], groups: readonly Group[]): Promise<void> {
    const making = groups.filter((group) => !isLeaving(group));
    const leaving = groups.filter(isLeaving).flatMap(({ steps }) => steps.flatMap(leavingOf));
    if (pruned.length + making.length + leaving.length === 0) return;
    const releases = [...pruned.map(({ existing: { is } }) => placeOf(is)), ...leaving.map(({ release }) => release)];
    let outcome: BatchOutcome | undefined;
    const error = await this.#attempt(async () => {
      outcome = await this.#service.carryOut(
        { releases, wishes: making.map((group) => this.#wishOf(group)) },
        { whatIf: this.#whatIf, signal: this.#signal },
      );
    });
    const changes = [...pruned, ...leaving].map(({ change }) => change);
    for (const [index, change] of changes.entries()) this.#noteRelease(change, error, outcome?.releases[index]);
    for (const [index, group] of making.entries()) this.#noteWish(group, error, outcome?.wishes[index]);
  }

  #noteRelease(
    change: DesiredChange,
    error: ChangeError | undefined,
    outcome: BatchOutcome['releases'][number] | undefined,
  ): void {
    const failed = error ?? (outcome?.status === 'rejected' ? this.#changeError(outcome.reason) : undefined);
    // Another was faster, or the range is somebody else's by now: either way there is nothing to do.
    if (failed?.name === 'NotFound') change.action = 'none';
    else if (failed) change.error = failed;
  }

  #noteWish(
    { steps, replaced }: Group,
    error: ChangeError | undefined,
    outcome: BatchOutcome['wishes'][number] | undefined,
  ): void {
    const failed = error ?? (outcome?.status === 'rejected' ? this.#changeError(outcome.reason) : undefined);
    if (failed || outcome?.status !== 'fulfilled') {
      failGroup({ steps, replaced }, failed ?? cancelled);
      return;
    }
    const { made, gone } = outcome.value;
    const left = new Set(gone.map(keyOf));
    for (const { existing, change } of replaced) if (!left.has(keyOf(existing.is))) change.action = 'none';
    for (const [index, { changes }] of steps.entries()) {
      for (const change of changes.filter((one) => isDue(one) && !isPutBack(one))) {
        const { created, updated } = made[index]!;
        change.action = created.includes(change.protocol)
          ? isMadeAnew(change)
            ? 'update'
            : 'create'
          : updated.includes(change.protocol)
            ? 'update'
            : 'none';
      }
    }
  }

  /** What has exclusions in it: one after the other, and as it was where one of them fails. */
  async #apart({ steps, replaced }: Group): Promise<void> {
    if (isLeaving({ steps, replaced })) {
      for (const step of steps) for (const one of leavingOf(step)) await this.#removeExclusion(one);
      return;
    }
    const exclusions = steps.filter(({ item }) => item.kind === 'exclusion');
    const reservations = steps.filter(({ item }) => item.kind === 'reservation');
    const error = await this.#attempt(async () => {
      for (const step of reservations) await this.#checkPorts(step, replaced);
      for (const step of exclusions) await this.#exclude(step, { replaced, whatIf: true });
      if (this.#whatIf) return;
      await this.#change(reservations, exclusions, replaced);
    });
    if (error) failGroup({ steps, replaced }, error);
  }

  async #change(reservations: readonly Step[], exclusions: readonly Step[], replaced: readonly Stale[]): Promise<void> {
    const removed: Stale[] = [];
    try {
      if (reservations.length > 0) {
        for (const stale of replaced.filter((one) => !isReservation(one))) {
          await this.#service.removeExclusion(placeOf(stale.existing.is));
          removed.push(stale);
        }
        const wish = this.#wishOf({ steps: [...reservations], replaced: replaced.filter(isReservation) });
        const { wishes } = await this.#service.carryOut({ wishes: [wish] }, { signal: this.#signal });
        if (wishes[0]!.status === 'rejected') throw wishes[0]!.reason;
      }
      const left = reservations.length > 0 ? [] : replaced;
      for (const step of exclusions) await this.#exclude(step, { replaced: left });
    } catch (error) {
      for (const { existing } of removed) {
        if (existing.kind === 'exclusion')
          await this.#service.addExclusion({ ...placeOf(existing.is), ...existing.is });
      }
      throw error;
    }
  }

  /** A reservation in place of an exclusion: that may go only where the ports can be had. */
  async #checkPorts({ item: { protocols, range, allowsUse } }: Step, replaced: readonly Stale[]): Promise<void> {
    if (allowsUse) return;
    for (const protocol of protocols) {
      const own = replaced.filter(isReservation).filter(({ existing: { is } }) => is.protocol === protocol);
      await this.#service.refuseInUse(protocol, range, {
        own: own.map(({ existing }) => existing.is.range),
        ...(this.#signal && { signal: this.#signal }),
      });
    }
  }

  async #exclude(
    { item, changes, existing }: Step,
    { replaced, whatIf = false }: { replaced: readonly Stale[]; whatIf?: boolean },
  ): Promise<void> {
    // Each protocol may differ in what is there, and with it in what is asked for.
    const wanted = item.protocols.map((protocol, index) => ({
      protocol,
      range: item.range,
      store: storeFor(item, existing[index]),
      ifExists: 'update' as const,
      ...labelFor(item, existing[index]?.is),
    }));
    const isSame = wanted.every((one) => sameBut(one, wanted[0]!, 'protocol'));
    const calls = isSame ? [{ ...wanted[0]!, protocol: item.protocols }] : wanted;
    for (const params of calls) {
      const gone = replaced.map((one) => one.existing);
      const additions = await this.#service.replaceExclusions({ ...params, whatIf }, gone, { signal: this.#signal });
      for (const warning of additions.flatMap(({ warnings }) => warnings)) this.#tell(warning);
      if (whatIf) continue;
      for (const { exclusion, before, request, record } of additions) {
        const change = changes.find(({ protocol }) => protocol === exclusion.protocol);
        if (change && !isPutBack(change)) change.action = !request && !record ? 'none' : before ? 'update' : 'create';
      }
    }
  }

  async #removeExclusion({ change, existing }: Pick<Stale, 'change' | 'existing'>): Promise<void> {
    const params = { ...placeOf(existing.is), whatIf: this.#whatIf };
    this.#noteRelease(change, await this.#attempt(() => this.#service.removeExclusion(params)), undefined);
  }

  /** What a group of reservations asks of the service. What an entry leaves out may differ in the two protocols. */
  #wishOf({ steps, replaced }: Group): Wish {
    const gone = [...replaced.map(({ existing }) => existing), ...steps.flatMap(anewOf)];
    return { requests: steps.map((step) => this.#requestOf(step)), replaces: gone.map(({ is }) => is) };
  }

  #requestOf({ item, existing: [existing] }: Step): CreateRequest {
    const { protocols, range } = item;
    const label = labelFor(item, existing?.is);
    const usual = this.#service.capabilities.persistent;
    const is = existing?.kind === 'reservation' ? existing.is : undefined;
    const { enforcement, allow } = admissionFor(item, is, usual);
    return createRequest({
      protocol: protocols,
      ...range,
      lifetime: 'persistent',
      ifExists: 'update',
      ...((item.enforcement ?? usual) === usual && enforcement !== 'kernel'
        ? {}
        : { enforcement: choiceOf(enforcement) }),
      ...(allow && { allow }),
      ...(item.allowsUse && { inUse: 'allow' as const }),
      ...labelOf(label),
    });
  }

  async #attempt(work: () => Promise<unknown>): Promise<ChangeError | undefined> {
    await this.#turn().catch(() => {}); // a cancellation is noted below
    if (this.#signal?.aborted) this.#end ??= cancelled;
    if (this.#end) return this.#end;
    try {
      await work();
      return undefined;
    } catch (error) {
      const noted = this.#changeError(error);
      if (hopeless.includes(noted.name)) this.#end = noted;
      return noted;
    }
  }

  #changeError(error: unknown): ChangeError {
    return this.#signal?.aborted && error === this.#signal.reason ? cancelled : changeError(error);
  }
}

/** Whether the system did not have what is recorded: what is asked for again is put back. */
const isPutBack = ({ differs }: DesiredChange): boolean => differs?.includes('state') ?? false;

const isReservation = ({ existing }: Pick<Stale, 'existing'>): boolean => existing.kind === 'reservation';

const isOfReservations = ({ steps, replaced }: Group): boolean =>
  steps.every(({ item }) => item.kind === 'reservation') && replaced.every(isReservation);

const isLeaving = ({ steps }: Group): boolean => steps.every(({ item }) => !item.exist);

/** What is meant, and that it is still as it was looked at. */
const placeOf = ({ protocol, range, document }: { protocol: Protocol; range: PortRange; document?: string }) => ({
  protocol,
  range,
  ...(document !== undefined && { document }),
});

/** What of an entry that is not to be is there. */
const leavingOf = ({ changes, existing }: Step) =>
  changes.flatMap((change, index) => {
    const there = existing[index];
    return there && isDue(change) ? [{ change, existing: there, release: placeOf(there.is) }] : [];
  });

/** What there is of the entry that is made anew, as far as it is nobody else's. */
const anewOf = ({ item, changes, existing }: Step): Existing[] =>
  changes.flatMap((change, index) => {
    const there = existing[index];
    const isOwn = there?.is.document === undefined || there.is.document === item.label.document;
    return there && isOwn && isMadeAnew(change) ? [there] : [];
  });

/** What can be asked for, where an instance has a word that only tells. */
function choiceOf(enforcement: Enforcement): EnforcementChoice {
  if (enforcement === 'kernel' || enforcement === 'ephemeralOnly') return enforcement;
  throw new InvalidParamsError([{ field: 'enforcement', message: 'must be kernel or ephemeralOnly' }]);
}

/** Notes the error at all that was to be done. */
function failGroup({ steps, replaced }: Group, error: ChangeError): void {
  const changes = [...steps.flatMap((step) => step.changes), ...replaced.map(({ change }) => change)];
  for (const change of changes.filter(isDue)) change.error = error;
}

/** What a change says of the error that it failed with. Throws what nobody planned, and what ends all: a cancellation. */
function changeError(error: unknown): ChangeError {
  if (error instanceof InvalidParamsError) return { name: 'InvalidParams', message: error.message };
  if (!(error instanceof ServiceError)) throw error;
  const { hint, remedy, target } = error.facts;
  return {
    name: error.errorName,
    message: error.message,
    // A document names its ports.
    ...(hint !== undefined && {
      hint: hint.replace(
        orFreePorts,
        ', say inUse: allow if it is for what has the port, or make it an exclusion, which a port in use allows',
      ),
    }),
    ...(remedy !== undefined && { remedy }),
    ...(target !== undefined && { target }),
  };
}

const sameBut = <T extends object>(a: T, b: T, but: keyof T): boolean =>
  JSON.stringify({ ...a, [but]: 0 }) === JSON.stringify({ ...b, [but]: 0 });
