import type { NativeError } from '../../native/native-error.ts';
import { codes } from '../../native/windows/codes.ts';
import type { Protocol } from '../../protocol/generated/contract.ts';
import { formatPorts } from '../../protocol/ranges.ts';
import { toRun } from '../../protocol/remedies.ts';
import type { Keeper } from '../provider.ts';
import { showUrls } from './ends.ts';
import type { ExcludedRow } from './excluded-port-ranges.ts';
import { endOfWsl, type HiddenRange, hiddenWayOut, hiddenWords } from './hidden-range.ts';
import { canBeNats, ownerOf } from './rows.ts';

/** What accounts for the refusal of a port that no process has. */
interface Account {
  hidden?: HiddenRange | undefined;
  row?: ExcludedRow | undefined;
  /** Those that are reserved on it at HTTP.sys. */
  urls: readonly string[];
}

/** Whose a port most likely is that Windows refuses and no process has; undefined where a socket may have it all the same. */
export function keeperOf(protocol: Protocol, { code }: NativeError, account: Account): Keeper | undefined {
  const { hidden, row, urls } = account;
  if (hidden) {
    return { words: `${hiddenWords(protocol, hidden)}. If so, ${hiddenWayOut}`, end: endOfWsl() };
  }
  if (code !== codes.WSAEACCES) return undefined;
  if (row && !row.administered) return keeperOfRow(protocol, row, urls);
  return { words: `Windows refuses it (${code}) and does not show why: a reservation, a driver's range, or a policy` };
}

function keeperOfRow(protocol: Protocol, row: ExcludedRow, urls: readonly string[]): Keeper | undefined {
  const kept = `Windows keeps ${formatPorts(protocol, row.range)} for`;
  const awaited = `${urls.join(' and ')} ${urls.length === 1 ? 'is' : 'are'} reserved`;
  if (canBeNats(row)) {
    // Excluded it would be refused to HTTP.sys as well, so no restart of WinNAT is the way out.
    return urls.length > 0
      ? { words: `${kept} ${ownerOf(row)}, so nobody can bind there, although ${awaited} at HTTP.sys on this port` }
      : undefined;
  }
  if (urls.length > 0) return { words: `${kept} HTTP.sys, where ${awaited}`, end: toRun(showUrls) };
  return {
    words: `${kept} ${ownerOf(row)}, so nobody can bind there; the command lists the programs behind HTTP.sys, and docker ps the containers`,
    end: toRun(showUrls),
  };
}
