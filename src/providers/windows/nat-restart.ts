import { NativeError } from '../../native/native-error.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { rangesWithout } from '../../protocol/port-set.ts';
import { formatPorts, holdsPort } from '../../protocol/ranges.ts';
import { refusedByNetsh, refusedExclusion, unboundable } from './refused-exclusion.ts';
import { canBeNats } from './rows.ts';
import type { Sight } from './sight.ts';
import { urlsWithin } from './urls.ts';
import { factsOf, portInUse } from './windows-error.ts';

/**
 * Whether WinNAT has to be stopped for the exclusion: only where it can have a part of the range, and nothing else stands
 * against it, so that it is never stopped for nothing.
 *
 * @returns false where nothing of it is in the way
 * @throws ServiceError PortInUse, RangeReserved, RangeExcluded: what a restart would not help against
 */
export async function needsNatRestart(protocol: Protocol, range: PortRange, sight: Sight): Promise<boolean> {
  const refused = await refusedExclusion({ protocol, range, sight });
  if (!refused) return false;
  // The one refusal that a restart is the remedy of.
  if (refused.facts.remedy?.action !== 'restartNat') throw refused;
  const cause = new NativeError('netsh', refusedByNetsh);
  const socket = (await sight.sockets(protocol)).find(({ port }) => holdsPort(range, port));
  if (socket) throw portInUse(protocol, range, socket.port, cause);
  const [url] = await urlsWithin(protocol, range, sight);
  if (url) throw awaitedByHttp(protocol, range, url, cause);
  const nats = (await sight.rows(protocol)).filter(canBeNats).map((row) => row.range);
  for (const rest of rangesWithout(range, nats)) {
    const other = await unboundable(protocol, rest, { sight, cause });
    if (other) throw other;
  }
  return true;
}

function awaitedByHttp(
  protocol: Protocol,
  range: PortRange,
  { url, port }: { url: string; port: number },
  cause: NativeError,
): ServiceError {
  const facts = { ...factsOf(protocol, range, cause), port };
  return new ServiceError(
    'RangeReserved',
    `${url} is reserved at HTTP.sys on port ${port} of ${formatPorts(protocol, range)}, so WinNAT was left alone.`,
    {
      ...facts,
      hint: 'HTTP.sys is refused excluded ports. Choose other ports, or delete that url first: netsh http show urlacl.',
    },
    cause,
  );
}
