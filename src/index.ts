import { openService, type ServiceOptions } from './open-service.ts';
import type { Reservation, ReservationCreateParams } from './protocol/generated/contract.ts';
import type { CallOptions } from './service/call-options.ts';

export { applyDesiredState } from './desired-state/apply.ts';
export { exportDesiredState } from './desired-state/export.ts';
export { decodeDocument, formatOfFile, readDesiredState } from './desired-state/read-document.ts';
export { openService, type ServiceOptions } from './open-service.ts';
export {
  DocumentError,
  type ErrorFacts,
  type ErrorName,
  type FieldError,
  InvalidParamsError,
  ServiceError,
} from './protocol/errors.ts';
export type * from './protocol/generated/contract.ts';
export { type RequestOptions, startWorker, type WorkerClient, type WorkerOptions } from './rpc/client/client.ts';
export { type WorkerEnd, WorkerError } from './rpc/wire/worker-error.ts';
export type { CallOptions, Progress } from './service/call-options.ts';
export type { PortService } from './service/port-service.ts';
export type { ReservationWatch } from './service/reservations/reservation-watch.ts';

/**
 * A reservation in this process, freed by `release()` or at the end of an `await using` block. Of several protocols its own
 * fields are those of the first.
 */
export interface HeldReservation extends Reservation, AsyncDisposable {
  /** One for each protocol, in the order asked for. */
  readonly reservations: readonly Reservation[];
  /** Every port of the range, ascending. */
  readonly ports: readonly number[];
  /** Frees the reservation. A second call does nothing. */
  release(): Promise<void>;
}

/**
 * Reserves a block of ports in this process.
 *
 * A runtime reservation (the default) is freed by `release()`, at the end of the `await using` block, or with the process.
 * A persistent one is freed by `release()` alone: leaving the block keeps it.
 *
 * @throws InvalidParamsError bad values, naming each field
 * @throws ServiceError AccessDenied, PortInUse, RangeReserved, RangeExcluded, NoFreeRange, NotSupported, OsError,
 * LedgerBusy, LedgerCorrupt
 *
 * @example
 * await using block = await reserve({ protocol: 'tcp', numberOfPorts: 3 });
 * console.log(block.ports); // [ 21040, 21041, 21042 ]
 */
export async function reserve(
  params: ReservationCreateParams,
  options: ServiceOptions & CallOptions = {},
): Promise<HeldReservation> {
  const { checkParams } = await import('./protocol/check.ts');
  const checked = checkParams('reservation/create', params);
  const service = await openService(options);
  const { reservations } = await service.create(checked, options).catch(async (error) => {
    await service.close();
    throw error;
  });
  const reservation = reservations[0]!;
  const { range } = reservation;
  const { startPort, numberOfPorts } = range;
  const protocol = reservations.map((one) => one.protocol);
  let released: Promise<void> | undefined;
  const release = () => {
    released ??= service.release({ protocol, range }).then(() => service.close());
    return released;
  };
  return {
    ...reservation,
    reservations,
    ports: Array.from({ length: numberOfPorts }, (_, index) => startPort + index),
    release,
    [Symbol.asyncDispose]: () => (reservation.lifetime === 'runtime' ? release() : service.close()),
  };
}
