import { NativeError } from '../../native/native-error.ts';
import { codes } from '../../native/windows/codes.ts';
import { createPersistent, deletePersistent, lookupPersistent } from '../../native/windows/iphlpapi.ts';
import { isElevated } from '../../native/windows/process-token.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type { PortRange, Protocol, Reservation } from '../../protocol/generated/contract.ts';
import { endPort, formatPorts, keyOf, overlap } from '../../protocol/ranges.ts';
import type { Claim } from '../provider.ts';
import { bindWithToken } from './held-reservations.ts';
import { isCode, needsElevation, reasonOf } from './windows-error.ts';

/** Persistent reservations are an administrator's. */
export async function refuseOrdinaryUser(protocol: Protocol, range: PortRange): Promise<void> {
  if (!(await isElevated())) throw needsElevation(formatPorts(protocol, range));
}

/**
 * Windows keeps one reservation a port, so one of another shape can only be made when the old one is gone, and what is
 * open inside would keep both from being made. So it is looked at before anything goes.
 * @throws NativeError how the first port that is in use was refused
 */
export async function refuseUsed({ protocol, range }: Reservation): Promise<void> {
  const token = await lookupPersistent(protocol, range);
  for (let port = range.startPort; port <= endPort(range); port++) await bindWithToken(protocol, token, port);
}

/**
 * Reserves the range in place of others. Where it cannot be made they are made again; where that fails too, the error
 * says so.
 *
 * @returns the token
 */
export async function replacePersistent({ protocol, range, replacing = [] }: Claim): Promise<bigint> {
  const there: Reservation[] = [];
  for (const one of replacing.filter((item) => overlap(item.range, range))) {
    try {
      await refuseUsed(one);
      there.push(one);
    } catch (error) {
      // Another part of the same change has replaced it already.
      if (!isCode(error, codes.ERROR_NOT_FOUND)) throw error;
    }
  }
  const gone: Reservation[] = [];
  try {
    for (const one of there) {
      await deletePersistent(protocol, one.range);
      gone.push(one);
    }
    return await createPersistent(protocol, range);
  } catch (error) {
    await restore(gone, error);
    throw error;
  }
}

async function restore(gone: readonly Reservation[], cause: unknown): Promise<void> {
  for (const one of gone) {
    try {
      await createPersistent(one.protocol, one.range);
    } catch (error) {
      const why = cause instanceof NativeError ? cause.message : reasonOf(cause);
      throw new ServiceError(
        'OsError',
        `${keyOf(one)} was to change and could not be made anew: ${why}. It is reserved no more: ${reasonOf(error)}.`,
        { target: keyOf(one), hint: 'End what uses the ports, and reserve them again.' },
        error,
      );
    }
  }
}
