import type { LedgerChange } from '../../ledger/ledger.ts';
import { keyOf, sameRange } from '../../protocol/ranges.ts';
import type { Core } from '../core.ts';
import { type Batch, claimedOf, type Prospect, type Wish } from './batch.ts';
import { enforcementOf } from './enforcement.ts';
import type { Taker } from './obtain.ts';

/**
 * Whether others may do the same at the same time: a socket holds each port that is taken, so that the system itself gives
 * none to two, and what is freed is held by this service. Who names a range is told what is in its way, so that is looked
 * for alone.
 */
export const isKeptApart = (core: Core, { wishes = [], releases = [] }: Batch): boolean =>
  wishes.every((wish) => isOfSockets(core, wish)) && releases.every((release) => isOfThisService(core, release));

const isOfSockets = ({ provider }: Core, { requests, replaces = [] }: Wish): boolean =>
  replaces.length === 0 &&
  requests.every(
    (request) =>
      request.lifetime === 'runtime' &&
      request.range === undefined &&
      request.enforcement === undefined &&
      request.protocols.every((protocol) => enforcementOf(provider, request, protocol) !== 'ledger'),
  );

function isOfThisService({ held }: Core, release: NonNullable<Batch['releases']>[number]): boolean {
  const { token, range, protocol } = release;
  if (range && protocol) return [protocol].flat().every((one) => held.has(keyOf({ protocol: one, range })));
  for (const one of held.values()) {
    if (token ? one.token === token : range && sameRange(one.range, range)) return true;
  }
  return false;
}

/**
 * What could not be had beside others may be to be had alone, with all that they hold and have freed in view: all is given
 * back then, and the change made again.
 */
export async function checkIsDone(
  { wishes, releases, obtained }: Prospect,
  taker: Taker,
  { beAlone }: LedgerChange,
): Promise<void> {
  if ([...wishes, ...releases].every(({ status }) => status === 'fulfilled')) return;
  await taker.giveBack(claimedOf(obtained), []);
  beAlone();
}
