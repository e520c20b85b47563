import {
  type Admission,
  type Allow,
  type DesiredChange,
  type DesiredDifference,
  type Enforcement,
  type Label,
  labelFields,
  type PortExclusion,
  type PortRange,
  type Protocol,
  type RecordState,
  type Reservation,
} from '../protocol/generated/contract.ts';
import { formatPorts, overlap } from '../protocol/ranges.ts';
import { holdsAll, lasts } from '../service/exclusions/rules.ts';
import { labelOf } from '../service/label.ts';
import type { Present } from '../service/present.ts';
import type { Labelled } from '../service/refusals.ts';
import { isAsAllowed } from '../service/reservations/enforcement.ts';
import type { Desired, DesiredItem } from './items.ts';

/** What is there and lasts: a persistent reservation, or an exclusion. */
export type Existing = Labelled;

/** Something of the document's that it asks for no more. */
export interface Stale {
  existing: Existing;
  change: DesiredChange;
}

/** One entry. */
export interface Step {
  item: DesiredItem;
  /** One for each protocol. */
  changes: DesiredChange[];
  /** What there is of it, in the same order. */
  existing: (Existing | undefined)[];
  /** What goes for it, as far as no entry before it has it. */
  inTheWay: Stale[];
}

/** Entries that share something that goes for them: all are made, or none, and what was there stays. */
export interface Group {
  steps: Step[];
  replaced: Stale[];
}

/** What makes the machine as it is asked for. */
export interface Plan {
  /** What goes whatever becomes of the others. */
  pruned: Stale[];
  steps: Step[];
  groups: Group[];
}

const keyOf = (kind: Existing['kind'], protocol: Protocol, range: PortRange) =>
  `${kind} ${formatPorts(protocol, range)}`;

/** Compares what is asked for with what is there. @param usual what a persistent reservation is that asks for nothing */
export function planOf({ items, document, prune }: Desired, present: Present, usual: Enforcement): Plan {
  const there = existingIn(present);
  const steps = items.map((item): Step => {
    const existing = item.protocols.map((protocol) => {
      const key = keyOf(item.kind, protocol, item.range);
      const found = there.get(key) ?? ofOthers(item, protocol, present);
      there.delete(key);
      return found;
    });
    const changes = item.protocols.map((protocol, index) =>
      changeOf(item, protocol, existing[index], { usual, isOverridden: present.isOverridden }),
    );
    return { item, changes, existing, inTheWay: [] };
  });
  const pruned: Stale[] = [];
  const shared = new Map<Stale, Step[]>();
  const stale = [...there.values()].filter(({ is }) => document !== undefined && is.document === document);
  for (const existing of stale) {
    const one = { existing, change: releaseOf(existing) };
    const making = steps.filter(({ item, changes }) => item.exist && changes.some(isDue));
    const over = making.filter(({ item }) => isInTheWay(existing, item));
    const following = over.length === 0 && prune ? making.filter((step) => isMovedTo(existing, step)) : [];
    const users = [...over, ...following.slice(0, 1)];
    if (users.length > 0) {
      users[0]!.inTheWay.push(one);
      shared.set(one, users);
    } else if (prune || isLeftBehind(existing, steps)) pruned.push(one);
  }
  return { pruned, steps, groups: groupsOf(steps, shared) };
}

/** Whether there is anything to do. */
export const isDue = ({ action }: DesiredChange): boolean => action !== 'none';

/** All changes of a plan: what is pruned, then the entries, each after what goes for it. */
export const changesOf = ({ pruned, steps }: Pick<Plan, 'pruned' | 'steps'>): DesiredChange[] => [
  ...pruned.map(({ change }) => change),
  ...steps.flatMap(({ inTheWay, changes }) => [...inTheWay.map(({ change }) => change), ...changes]),
];

/** Puts entries together that share what goes for them. */
function groupsOf(steps: readonly Step[], shared: ReadonlyMap<Stale, readonly Step[]>): Group[] {
  const groups = new Map<Step, Group>(steps.map((step) => [step, { steps: [step], replaced: [] }]));
  for (const [stale, [first, ...others]] of shared) {
    const group = groups.get(first!)!;
    group.replaced.push(stale);
    for (const other of others.map((step) => groups.get(step)!)) {
      if (other === group) continue;
      group.steps.push(...other.steps);
      group.replaced.push(...other.replaced);
      for (const step of other.steps) groups.set(step, group);
    }
  }
  return [...new Set(groups.values())];
}

function existingIn({ reservations, exclusions }: Present): Map<string, Existing> {
  const all: Existing[] = [];
  for (const is of reservations) if (is.lifetime === 'persistent') all.push({ kind: 'reservation', is });
  for (const is of exclusions) if (is.own) all.push({ kind: 'exclusion', is });
  return new Map(all.map((one) => [keyOf(one.kind, one.is.protocol, one.is.range), one]));
}

/** An exclusion that somebody else made does as well where it holds all of the range; a part of it cannot be removed. */
function ofOthers(
  { kind, range, exist }: DesiredItem,
  protocol: Protocol,
  { exclusions }: Present,
): Existing | undefined {
  const isOthers = (one: PortExclusion) => !one.own && one.administered && one.protocol === protocol;
  const does = ({ range: other }: PortExclusion) => holdsAll(other, range) && (exist || holdsAll(range, other));
  const is = kind === 'exclusion' ? exclusions.find((one) => isOthers(one) && does(one)) : undefined;
  return is && { kind: 'exclusion', is };
}

const isInTheWay = ({ is }: Existing, { protocols, range }: DesiredItem): boolean =>
  protocols.includes(is.protocol) && overlap(is.range, range);

/** Whether the entry is the same thing elsewhere: it goes when that is made, and stays where it is not. */
const isMovedTo = ({ kind, is }: Existing, { item, changes }: Step): boolean =>
  kind === item.kind &&
  is.name !== undefined &&
  is.name === item.label.name &&
  changes.some(({ action }) => action === 'create');

/** Whether an entry has its ports already, by a change that was cut short. */
const isLeftBehind = (existing: Existing, steps: readonly Step[]): boolean =>
  existing.kind === 'reservation' &&
  steps.some(({ item }) => item.kind === 'reservation' && item.exist && isInTheWay(existing, item));

function releaseOf(existing: Existing): DesiredChange {
  const { kind, is } = existing;
  const { protocol, range, name } = is;
  return { action: 'release', kind, protocol, range, ...(name !== undefined && { name }), before: told(existing) };
}

/** What is told of what goes, or comes: all but which document it is of. */
function told({ kind, is }: Existing): DesiredDifference {
  const { document: _, ...label } = labelOf(is);
  return { ...label, ...(kind === 'exclusion' && { store: is.store }) };
}

function changeOf(item: DesiredItem, protocol: Protocol, existing: Existing | undefined, usual: Usual): DesiredChange {
  const { kind, range, exist } = item;
  const { name } = exist ? item.label : (existing?.is ?? {});
  const what = { kind, protocol, range, ...(name !== undefined && { name }) };
  if (!exist) return existing ? { action: 'release', ...what, before: told(existing) } : { action: 'none', ...what };
  if (!existing) {
    const { document: _, ...label } = labelOf(item.label);
    const store = kind === 'exclusion' && { store: storeFor(item, undefined) };
    return { action: 'create', ...what, after: { ...label, ...store } };
  }
  const differences = differencesOf(existing, item, usual);
  if (!differences) return { action: 'none', ...what };
  const isRepair = differences.differs.every((key) => key === 'state');
  return { action: isRepair ? 'repair' : 'update', ...what, ...differences };
}

/** The label that is to be there, where this is there. */
export const labelFor = ({ label, isPartial }: DesiredItem, existing: Label | undefined): Label =>
  isPartial ? labelOf({ ...existing, ...labelOf(label) }) : label;

/** How long the exclusion is to last, where this one is there. */
export function storeFor({ store }: DesiredItem, existing: Existing | undefined): PortExclusion['store'] {
  return store ?? (existing?.kind === 'exclusion' ? existing.is.store : 'persistent');
}

/** What differs, and how; undefined where nothing does. What others excluded may last longer than it has to. */
function differencesOf(existing: Existing, item: DesiredItem, { usual, isOverridden = false }: Usual) {
  const isOthers = existing.kind === 'exclusion' && !existing.is.own;
  const store = storeFor(item, existing);
  const storeNow =
    existing.kind === 'reservation' || (isOthers && lasts(existing.is, store)) ? store : existing.is.store;
  // What somebody else's file takes away at the next restart is warned of: no change of ours keeps it.
  const isLost = existing.is.state === 'lost' || (existing.is.state === 'lostAtBoot' && !isOverridden);
  const state = isLost ? existing.is.state : undefined;
  const is: Compared = { ...labelOf(existing.is), store: storeNow, ...(state && { state }) };
  // What others made has no label, and cannot have one.
  const wanted: Compared = {
    ...(isOthers ? labelOf(existing.is) : labelFor(item, existing.is)),
    store,
    ...(state && { state: 'inForce' }),
  };
  if (existing.kind === 'reservation') {
    const { enforcement, allow } = admissionFor(item, existing.is, usual);
    if (enforcement !== existing.is.enforcement) {
      is.enforcement = existing.is.enforcement;
      wanted.enforcement = enforcement;
    }
    if (!isAsAllowed(existing.is.allow, allow)) {
      is.allow = withoutUserId(existing.is.allow);
      wanted.allow = allow;
    }
  }
  const keys = [...labelFields, 'enforcement', 'allow', 'store', 'state'] as const;
  const differs = keys.filter((key) => is[key] !== wanted[key]);
  const those = (values: Compared): DesiredDifference =>
    Object.fromEntries(differs.map((key) => [key, values[key]] as const).filter(([, value]) => value !== undefined));
  return differs.length > 0 ? { differs, before: those(is), after: those(wanted) } : undefined;
}

type Compared = Label & {
  store: PortExclusion['store'];
  enforcement?: Enforcement;
  allow?: Allow | undefined;
  state?: RecordState;
};

/** What the answer depends on besides. */
interface Usual {
  /** What a persistent reservation is that asks for nothing. */
  usual: Enforcement;
  isOverridden?: boolean | undefined;
}

/** Who is to be stopped, and who let in, where this is there. What is no more than recorded is not what the kernel does. */
export function admissionFor(
  { enforcement, allow, isPartial }: DesiredItem,
  existing: Pick<Reservation, 'enforcement' | 'allow'> | undefined,
  usual: Enforcement,
): { enforcement: Enforcement; allow: Allow | undefined } {
  const isKernels = existing?.enforcement === 'kernel';
  const asItIs = existing && (isPartial || isKernels === (usual === 'kernel')) ? existing.enforcement : usual;
  const wanted = enforcement ?? asItIs;
  const kept = isPartial && wanted === 'kernel' ? withoutUserId(existing?.allow) : undefined;
  return { enforcement: wanted, allow: allow ?? kept };
}

const withoutUserId = (admission: Admission | undefined): Allow | undefined => {
  const { userId: _, ...allow } = admission ?? {};
  return Object.keys(allow).length > 0 ? allow : undefined;
};

/** Whether it has to be made anew for it: an update of more than its label. */
export const isMadeAnew = ({ differs = [] }: DesiredChange): boolean =>
  differs.includes('enforcement') || differs.includes('allow');
