import { NativeError } from '../../native/native-error.ts';
import { lookupPersistent } from '../../native/windows/iphlpapi.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { formatPorts, overlap } from '../../protocol/ranges.ts';
import { toDo } from '../../protocol/remedies.ts';
import { showUrls } from './ends.ts';
import type { ExcludedRow } from './excluded-port-ranges.ts';
import { firstRefusedPort, refusedPort } from './refusal.ts';
import { canBeNats, ownerOf } from './rows.ts';
import { Sight } from './sight.ts';
import { factsOf, rangeReserved } from './windows-error.ts';
import { isNatRunning, natCost } from './winnat.ts';

/** netsh's exit code for all that it refuses. */
export const refusedByNetsh = 1;

/** What is looked at, and with what. */
interface Against {
  protocol: Protocol;
  range: PortRange;
  /** netsh's exit code, where it was asked. */
  code?: number;
  /** Whether WinNAT is stopped. */
  isWithoutNat?: boolean;
  sight?: Sight;
}

/**
 * What stands against an exclusion: netsh says the same of all, in the system's language. The rows of its table, Lookup and
 * a plain bind of each port tell them apart.
 *
 * @returns undefined when nothing is found
 */
export async function refusedExclusion(against: Against): Promise<ServiceError | undefined> {
  const { protocol, range, code = refusedByNetsh, isWithoutNat = false, sight = new Sight() } = against;
  const cause = new NativeError('netsh', code);
  const rows = (await sight.rows(protocol).catch(() => [])).filter((row) => overlap(row.range, range));
  const administered = rows.find((row) => row.administered);
  if (administered) return excludedMeanwhile(protocol, range, administered.range, cause);
  for (const reserved of rows.length > 0 ? rows.map((row) => row.range) : [range]) {
    if ((await lookupPersistent(protocol, reserved).catch(() => undefined)) === undefined) continue;
    return persistentlyReserved(protocol, range, reserved, cause);
  }
  // What WinNAT cannot have goes first: no restart of it helps there.
  const kept = rows.find((row) => !canBeNats(row)) ?? rows[0];
  if (kept) return keptBySystem(protocol, range, { kept, isWithoutNat, cause });
  return unboundable(protocol, range, { sight, cause });
}

/** Why a port of the range cannot be bound; undefined where all of them can. */
export async function unboundable(
  protocol: Protocol,
  range: PortRange,
  { sight, cause }: { sight: Sight; cause: NativeError },
): Promise<ServiceError | undefined> {
  const refused = await firstRefusedPort(protocol, range).catch(() => undefined);
  if (!refused) return undefined;
  const explained = await refusedPort(refused, protocol, range, { sight, cause });
  return explained ?? rangeReserved(protocol, range, { port: refused.port, cause });
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
  { kept, isWithoutNat, cause }: { kept: ExcludedRow; isWithoutNat: boolean; cause: NativeError },
): Promise<ServiceError> {
  const facts = factsOf(protocol, range, cause);
  const where = `${facts.target} overlaps ${formatPorts(protocol, kept.range)}`;
  if (!canBeNats(kept)) {
    const message = `${where}, which Windows keeps for ${ownerOf(kept)}, and not for WinNAT.`;
    const hint = `Choose other ports, or end what has it: ${showUrls} lists the programs behind HTTP.sys, docker ps the containers.`;
    return new ServiceError('RangeReserved', message, { ...facts, hint }, cause);
  }
  if (isWithoutNat) {
    const message = `${where}, which another driver or program than WinNAT keeps reserved.`;
    const hint =
      'Choose other ports, or end what keeps them: HTTP.sys, a virtual switch, or a program with a reservation. A restart of the service hns is reported to clear what virtual switches keep.';
    return new ServiceError('RangeReserved', message, { ...facts, hint }, cause);
  }
  const mayBeNat = await isNatRunning().catch(() => true);
  const message = `${where}, which ${mayBeNat ? 'WinNAT or another driver' : 'a driver or another program'} keeps reserved.`;
  const hint = mayBeNat
    ? `If it is WinNAT (Hyper-V, WSL, Docker), a restart of it helps: it is stopped, the range excluded, and started again. ${natCost}`
    : 'Choose other ports, or end what keeps them. A restart of the service hns is reported to clear what virtual switches keep.';
  const remedy = mayBeNat && { remedy: toDo('restartNat', protocol, range) };
  return new ServiceError('RangeReserved', message, { ...facts, hint, ...remedy }, cause);
}
