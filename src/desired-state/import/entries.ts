import type { DesiredState, PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { endPort, formatPorts, maximumPort } from '../../protocol/ranges.ts';

/** What was found, to become an entry. */
export interface FoundEntry {
  kind: 'reservation' | 'exclusion';
  protocols: Protocol[];
  range: PortRange;
  name?: string;
  reason?: string;
  /** Whether its ports are somebody's already. */
  isUsed?: boolean;
}

/** What a source has, and what of it no document can say, one sentence each. */
export interface Found {
  entries: FoundEntry[];
  warnings: string[];
}

/** Somebody else made it; the reason says who, for the next reader. */
export const foreign = (source: string): string => `foreign: ${source}`.slice(0, 500);

/** First and last port; undefined where these are no ports. */
export function rangeOf(first: number, last: number): PortRange | undefined {
  const isRange =
    Number.isInteger(first) && Number.isInteger(last) && 1 <= first && first <= last && last <= maximumPort;
  return isRange ? { startPort: first, numberOfPorts: last - first + 1 } : undefined;
}

/** The document of what was found. Of two entries that share a port the first stays, since a document cannot have both. */
export function documentOf(name: string, { entries, warnings }: Found): { document: DesiredState; warnings: string[] } {
  const document: DesiredState = { name, reservations: [], exclusions: [] };
  const told = [...warnings];
  const taken: { protocol: Protocol; range: PortRange }[] = [];
  for (const { kind, protocols, range, name: called, reason, isUsed } of entries) {
    const isFree = (protocol: Protocol) =>
      !taken.some(
        (one) =>
          one.protocol === protocol && one.range.startPort <= endPort(range) && range.startPort <= endPort(one.range),
      );
    const free = protocols.filter(isFree);
    for (const protocol of protocols.filter((one) => !free.includes(one))) {
      told.push(`${formatPorts(protocol, range)} is left out: an entry before it has a port of it.`);
    }
    if (free.length === 0) continue;
    taken.push(...free.map((protocol) => ({ protocol, range })));
    const entry = {
      protocol: free.length === 1 ? free[0]! : free,
      ...range,
      ...(called && { name: called.slice(0, 100) }),
      ...(reason && { reason: reason.slice(0, 500) }),
    };
    if (kind === 'exclusion') document.exclusions!.push(entry);
    else document.reservations!.push({ ...entry, ...(isUsed && { inUse: 'allow' as const }) });
  }
  return { document, warnings: told };
}
