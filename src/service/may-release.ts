import { ServiceError } from '../protocol/errors.ts';
import type { ProviderName, Reservation } from '../protocol/generated/contract.ts';
import { described } from './describe.ts';
import { keyOf } from './granted.ts';

/** What release needs to know of its caller. */
export interface Releaser {
  provider: ProviderName;
  /** Whether this service holds the reservation. */
  holds: boolean;
  /** Whether the record is in the system's ledger, which this user may only read. */
  isSystems: boolean;
}

/**
 * Refuses to release what is not the caller's, or what it could only release half.
 * @throws ServiceError AccessDenied, NotOwner, NotSupported
 */
export function checkMayRelease(reservation: Reservation, { provider, holds, isSystems }: Releaser): void {
  const target = keyOf(reservation);
  if (isSystems) {
    throw new ServiceError('AccessDenied', `${described(reservation)} is the system's; this user may not free it.`, {
      target,
      hint: 'Run it as root or from an elevated process.',
    });
  }
  if (reservation.lifetime === 'runtime' && !holds) {
    const process = reservation.owner?.processId;
    throw new ServiceError('NotOwner', `${described(reservation)} is held by another worker.`, {
      target,
      hint: `Release it in process ${process}, or end that process: its ports are free at once then.`,
    });
  }
  if (reservation.provider !== provider) {
    throw new ServiceError(
      'NotSupported',
      `${described(reservation)} was made by the ${reservation.provider} provider; this is the ${provider} provider.`,
      { target, hint: `Start the worker with --provider ${reservation.provider}.` },
    );
  }
}
