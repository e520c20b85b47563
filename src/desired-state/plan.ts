import type {
  DesiredChange,
  DesiredDifference,
  DesiredState,
  PortExclusion,
  PortRange,
  Protocol,
} from '../protocol/generated/contract.ts';
import { formatPorts, overlap } from '../protocol/ranges.ts';
import { holdsAll, lasts } from '../service/exclusions/rules.ts';
import type { Present } from '../service/present.ts';
import type { Labelled } from '../service/refusals.ts';
import { type DesiredItem, itemsOf } from './items.ts';

/** What is there and lasts: a persistent reservation, or an exclusion made here. */
export type Existing = Labelled;

/** Something of the document's that it asks for no more. */
export interface Stale {
  existing: Existing;
  change: DesiredChange;
}

/** One entry of the document. */
export interface Step {
  item: DesiredItem;
  /** One for each protocol. */
  changes: DesiredChange[];
  /** What has to go before it. */
  inTheWay: Stale[];
}

/** What makes the machine as the document asks. */
export interface Plan {
  document: DesiredState;
  /** What goes first: it makes room, and nothing waits for it. */
  pruned: Stale[];
  steps: Step[];
}

const keyOf = (kind: Existing['kind'], protocol: Protocol, range: PortRange) =>
  `${kind} ${formatPorts(protocol, range)}`;

/** Compares the document with what is there. */
export function planOf(document: DesiredState, present: Present, prune: boolean): Plan {
  const there = existingIn(present);
  const steps = itemsOf(document).map((item): Step => {
    const changes = item.protocols.map((protocol) => {
      const key = keyOf(item.kind, protocol, item.range);
      const existing = there.get(key);
      there.delete(key);
      return changeOf(item, protocol, existing ?? coveredByOthers(item, protocol, present), document.name);
    });
    return { item, changes, inTheWay: [] };
  });
  const pruned: Stale[] = [];
  for (const existing of there.values()) {
    if (existing.is.document !== document.name) continue;
    const stale = { existing, change: releaseOf(existing) };
    const step = steps.find(({ item, changes }) => changes.some(isDue) && isInTheWay(existing, item));
    if (step) step.inTheWay.push(stale);
    else if (prune) pruned.push(stale);
  }
  return { document, pruned, steps };
}

/** Whether there is anything to do. */
export const isDue = ({ action }: DesiredChange): boolean => action !== 'none';

/** All changes of a plan: what is pruned, then the document's entries, each after what is in its way. */
export const changesOf = ({ pruned, steps }: Plan): DesiredChange[] => [
  ...pruned.map(({ change }) => change),
  ...steps.flatMap(({ inTheWay, changes }) => [...inTheWay.map(({ change }) => change), ...changes]),
];

function existingIn({ reservations, exclusions }: Present): Map<string, Existing> {
  const all: Existing[] = [];
  for (const is of reservations) if (is.lifetime === 'persistent') all.push({ kind: 'reservation', is });
  for (const is of exclusions) if (is.own) all.push({ kind: 'exclusion', is });
  return new Map(all.map((one) => [keyOf(one.kind, one.is.protocol, one.is.range), one]));
}

/** An exclusion that somebody else made does as well, where it holds all of the range. */
function coveredByOthers({ kind, range, store }: DesiredItem, protocol: Protocol, { exclusions }: Present) {
  const does = (one: PortExclusion) =>
    !one.own && one.administered && one.protocol === protocol && holdsAll(one.range, range) && lasts(one, store);
  return kind === 'exclusion' && exclusions.some(does) ? 'done' : undefined;
}

const isInTheWay = ({ is }: Existing, { protocols, range }: DesiredItem): boolean =>
  protocols.includes(is.protocol) && overlap(is.range, range);

const releaseOf = ({ kind, is: { protocol, range, name } }: Existing): DesiredChange => ({
  action: 'release',
  kind,
  protocol,
  range,
  ...(name !== undefined && { name }),
});

function changeOf(
  { kind, range, name, reason, store }: DesiredItem,
  protocol: Protocol,
  existing: Existing | 'done' | undefined,
  document: string,
): DesiredChange {
  const what = { kind, protocol, range, ...(name !== undefined && { name }) };
  if (!existing) return { action: 'create', ...what };
  if (existing === 'done') return { action: 'none', ...what };
  const differences = differencesOf(existing, { name, reason, document, store });
  return differences ? { action: 'update', ...what, ...differences } : { action: 'none', ...what };
}

/** What differs, and how; undefined where nothing does. An exclusion may last longer than it has to. */
function differencesOf(existing: Existing, wanted: Wanted) {
  const { name, reason, document } = existing.is;
  const isTooShort = existing.kind === 'exclusion' && !lasts(existing.is, wanted.store);
  const is = { name, reason, document, store: isTooShort ? existing.is.store : wanted.store };
  const differs = (['name', 'reason', 'document', 'store'] as const).filter((key) => is[key] !== wanted[key]);
  const those = (values: Partial<Wanted>): DesiredDifference =>
    Object.fromEntries(differs.map((key) => [key, values[key]] as const).filter(([, value]) => value !== undefined));
  return differs.length > 0 ? { differs, before: those(is), after: those(wanted) } : undefined;
}

type Wanted = Pick<DesiredItem, 'name' | 'reason' | 'store'> & { document: string };
