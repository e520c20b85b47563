import type { PathError } from '../protocol/field-errors.ts';
import type {
  Allow,
  DesiredChange,
  DesiredExclusion,
  DesiredReservation,
  DesiredState,
  Enforcement,
  ExclusionStore,
  Label,
  PortRange,
  Protocol,
} from '../protocol/generated/contract.ts';
import { endPort, formatPorts, maximumPort, sameRange } from '../protocol/ranges.ts';
import { labelOf } from '../service/label.ts';

/** One thing that is to be so, or not to be, with the defaults filled in. */
export interface DesiredItem {
  kind: DesiredChange['kind'];
  protocols: Protocol[];
  range: PortRange;
  /** Whether it is to be there. */
  exist: boolean;
  /** Of exclusions alone it says something; undefined: as it is, and persistent where it is made. */
  store: ExclusionStore | undefined;
  /** Of reservations alone; undefined: what the system gives, or where it is partial, as it is. */
  enforcement: Enforcement | undefined;
  /** Whom the kernel lets in without the token. */
  allow: Allow | undefined;
  /** Whether whoever has its ports already keeps them. */
  allowsUse: boolean;
  label: Label;
  /** Whether what the label leaves out stays as it is; else it is taken away. */
  isPartial: boolean;
  /** The keys that lead to it in the document. */
  path: string[];
}

/** What is to be so. */
export interface Desired {
  items: readonly DesiredItem[];
  /** Whose things are known: what carries its name and is not asked for is in the way, or pruned. */
  document: string | undefined;
  /** Whether all of the document's goes that is not asked for. */
  prune: boolean;
}

function itemOf(
  kind: DesiredItem['kind'],
  entry: DesiredReservation & DesiredExclusion,
  { document, path }: { document: string; path: string[] },
): DesiredItem {
  const { protocol, startPort, numberOfPorts = 1, store = 'persistent', enforcement, allow, inUse, ...label } = entry;
  return {
    kind,
    protocols: [protocol].flat(),
    range: { startPort, numberOfPorts },
    exist: true,
    store,
    enforcement,
    allow,
    allowsUse: inUse === 'allow',
    label: labelOf({ ...label, document }),
    isPartial: false,
    path,
  };
}

/** All entries of a document. */
export function itemsOf({ name: document, reservations = [], exclusions = [] }: DesiredState): DesiredItem[] {
  const place = (key: string, index: number) => ({ document, path: [key, String(index)] });
  return [
    ...reservations.map((entry, index) => itemOf('reservation', entry, place('reservations', index))),
    ...exclusions.map((entry, index) => itemOf('exclusion', entry, place('exclusions', index))),
  ];
}

/** What a schema cannot say: no range goes past the last port, and no two share a port of one protocol. */
export function ruleFaults(document: DesiredState): PathError[] {
  const items = itemsOf(document);
  const tooLong = items.filter(({ range }) => endPort(range) > maximumPort).map(pastTheEnd);
  return tooLong.length > 0 ? tooLong : (['tcp', 'udp'] as const).flatMap((protocol) => overlaps(items, protocol));
}

function pastTheEnd({ range, path }: DesiredItem): PathError {
  const most = maximumPort - range.startPort + 1;
  const message = `must be at most ${most} with startPort ${range.startPort}: the last port is ${maximumPort}`;
  return faultOf([...path, 'numberOfPorts'], message);
}

function overlaps(items: readonly DesiredItem[], protocol: Protocol): PathError[] {
  const faults: PathError[] = [];
  const sorted = items.filter((item) => item.protocols.includes(protocol));
  sorted.sort((a, b) => a.range.startPort - b.range.startPort);
  let last: DesiredItem | undefined; // the one that reaches furthest
  for (const item of sorted) {
    if (last && item.range.startPort <= endPort(last.range)) {
      const [first, second] = items.indexOf(last) < items.indexOf(item) ? [last, item] : [item, last];
      const verb = sameRange(first.range, second.range) ? 'is there already:' : 'overlaps';
      const message = `(${formatPorts(protocol, second.range)}) ${verb} ${first.path.join('.')} (${formatPorts(protocol, first.range)})`;
      faults.push(faultOf(second.path, message));
    }
    if (!last || endPort(item.range) > endPort(last.range)) last = item;
  }
  return faults;
}

const faultOf = (path: string[], message: string): PathError => ({ path, field: path.join('.'), message });
