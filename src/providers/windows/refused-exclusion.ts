import { NativeError } from '../../native/native-error.ts';
import { lookupPersistent } from '../../native/windows/iphlpapi.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { formatPorts, overlap } from '../../protocol/ranges.ts';
import { toDo } from '../../protocol/remedies.ts';
import { excludedPortRanges, type NetshChange } from './netsh.ts';
import { firstRefusedPort, isInUse } from './refusal.ts';
import { factsOf, portInUse, rangeReserved } from './windows-error.ts';
import { isNatRunning } from './winnat.ts';

/**
 * What stands against an exclusion: netsh says the same of all, in the system's language. The rows of its table, Lookup and
 * a plain bind of each port tell them apart.
 *
 * @returns undefined when nothing is found
 */
export async function refusedExclusion(
  { code }: NetshChange,
  protocol: Protocol,
  range: PortRange,
  restartedNat: boolean,
): Promise<ServiceError | undefined> {
  const cause = new NativeError('netsh', code);
  const rows = await excludedPortRanges('ipv4', protocol, 'active').catch(() => []);
  const kept = rows.find((row) => overlap(row.range, range));
  if (kept?.administered) return excludedMeanwhile(protocol, range, kept.range, cause);
  const reserved = kept?.range ?? range;
  if ((await lookupPersistent(protocol, reserved).catch(() => undefined)) !== undefined) {
    return persistentlyReserved(protocol, range, reserved, cause);
  }
  if (kept) return keptBySystem(protocol, range, { kept: kept.range, restartedNat, cause });
  const refused = await firstRefusedPort(protocol, range).catch(() => undefined);
  if (!refused) return undefined;
  if (await isInUse(protocol, refused)) return portInUse(protocol, range, refused.port, cause);
  return rangeReserved(protocol, range, { port: refused.port, cause });
}

function excludedMeanwhile(protocol: Protocol, range: PortRange, row: PortRange, cause: NativeError): ServiceError {
  const facts = factsOf(protocol, range, cause);
  const message = `${facts.target} overlaps the exclusion ${formatPorts(protocol, row)}.`;
  const hint = 'Choose other ports, or have that exclusion removed first.';
  return new ServiceError('RangeExcluded', message, { ...facts, hint }, cause);
}

function persistentlyReserved(protocol: Protocol, range: PortRange, row: PortRange, cause: NativeError): ServiceError {
  const facts = factsOf(protocol, range, cause);
  const message = `${facts.target} overlaps the persistent reservation ${formatPorts(protocol, row)}.`;
  const hint = 'Choose other ports, or remove that reservation: nobody can bind there without its token.';
  return new ServiceError('RangeReserved', message, { ...facts, hint, remedy: toDo('release', protocol, row) }, cause);
}

/** netsh does not say whose a range without a star is; WinNAT's are gone while it is stopped. */
async function keptBySystem(
  protocol: Protocol,
  range: PortRange,
  { kept, restartedNat, cause }: { kept: PortRange; restartedNat: boolean; cause: NativeError },
): Promise<ServiceError> {
  const facts = factsOf(protocol, range, cause);
  const where = `${facts.target} overlaps ${formatPorts(protocol, kept)}`;
  if (restartedNat) {
    const message = `${where}, which another driver or program than WinNAT keeps reserved.`;
    const hint =
      'Choose other ports, or end what keeps them: HTTP.sys, a virtual switch, or a program with a reservation.';
    return new ServiceError('RangeReserved', message, { ...facts, hint }, cause);
  }
  const mayBeNat = await isNatRunning().catch(() => true);
  const message = `${where}, which ${mayBeNat ? 'WinNAT or another driver' : 'a driver or another program'} keeps reserved.`;
  const hint = mayBeNat
    ? 'If it is WinNAT (Hyper-V, WSL, Docker), a restart of it helps: it is stopped, the range excluded, and started again.'
    : 'Choose other ports, or end what keeps them.';
  const remedy = mayBeNat && { remedy: toDo('restartNat', protocol, range) };
  return new ServiceError('RangeReserved', message, { ...facts, hint, ...remedy }, cause);
}
