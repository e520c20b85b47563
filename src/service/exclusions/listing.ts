import type { ExclusionRecord, PortExclusion, Protocol } from '../../protocol/generated/contract.ts';
import { keyOf } from '../../protocol/ranges.ts';
import type { Excluder } from '../../providers/excluder.ts';
import type { Core } from '../core.ts';
import { joined } from '../label.ts';
import { noExclusionsHere } from '../refusals.ts';

/** Both protocols. */
export const allProtocols: readonly Protocol[] = ['tcp', 'udp'];

/**
 * What keeps ports out of automatic choice.
 * @throws ServiceError NotSupported where nothing does
 */
export function excluderOf({ provider }: Core): Excluder {
  if (!provider.excluder) throw noExclusionsHere(provider.name);
  return provider.excluder;
}

/** Those of the records that this provider answers for. */
export const ofProvider = ({ provider }: Core, records: readonly ExclusionRecord[]): ExclusionRecord[] =>
  records.filter((item) => item.provider === provider.name);

/** What is recorded for good, and the system has no more; nothing where it does not list such either. */
export const lostExclusions = (
  asked: readonly Protocol[],
  recorded: readonly ExclusionRecord[],
  listed: readonly PortExclusion[],
): PortExclusion[] => {
  const there = new Set(listed.map(keyOf));
  return recorded
    .filter((one) => asked.includes(one.protocol) && one.store === 'persistent' && !there.has(keyOf(one)))
    .map((record) => {
      const { protocol, range, store } = record;
      const lost = joined({ protocol, range, store, source: 'ledger', administered: true }, record);
      return { ...lost, state: 'lost' };
    });
};

/** What the system lists, with what is recorded of it. */
export async function listedExclusions(
  core: Core,
  asked: readonly Protocol[],
  recorded: readonly ExclusionRecord[],
  look?: object,
): Promise<{ exclusions: PortExclusion[]; warnings: string[] }> {
  const { exclusions, warnings } = await excluderOf(core).list(asked, recorded, look);
  const records = new Map(recorded.map((record) => [keyOf(record), record]));
  return { exclusions: exclusions.map((item) => joined(item, records.get(keyOf(item)))), warnings };
}
