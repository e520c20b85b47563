import type { ServiceOptions } from '../open-service.ts';
import { InvalidParamsError } from '../protocol/errors.ts';
import type { Protocol, Reservation, ReservationCreateParams } from '../protocol/generated/contract.ts';
import type { CallOptions } from '../service/call-options.ts';
import { type HeldReservation, heldReservation } from './held-reservation.ts';
import { openReserver, type Reserver } from './reserver.ts';
import type { HandOver } from './take.ts';

/** What to reserve; all of it may be left out. */
export interface ReserveParams extends Omit<ReservationCreateParams, 'protocol' | 'whatIf'> {
  /** Several: the same port numbers in each of them. Default `tcp`. */
  protocol?: Protocol | readonly Protocol[];
}

/**
 * Reserves a block of ports in this process; without params one free TCP port. Under `portreservation exec`, or where
 * PORT_RESERVATION_ADDRESS says who serves, that one holds them for this process, which then starts nothing of its own.
 *
 * A runtime reservation (the default) is freed by `release()`, at the end of the `await using` block, or with the process.
 * A persistent one is freed by `release()` alone: leaving the block keeps it.
 *
 * @throws InvalidParamsError bad values, naming each field
 * @throws ServiceError AccessDenied, PortInUse, RangeReserved, RangeExcluded, NoFreeRange, NotSupported, OsError,
 * LedgerBusy, LedgerCorrupt
 *
 * @example
 * await using block = await reserve({ numberOfPorts: 3 });
 * console.log(block.ports); // [ 21040, 21041, 21042 ]
 * await block.listen(http.createServer(app), { port: block.ports[1] });
 */
export async function reserve(
  params: ReserveParams = {},
  options: ServiceOptions & CallOptions = {},
): Promise<HeldReservation> {
  const { checkParams } = await import('../protocol/check.ts');
  const checked = checkParams('reservation/create', { protocol: 'tcp', ...params });
  if (checked.whatIf) throw new InvalidParamsError([{ field: 'whatIf', message: 'is for openService().create()' }]);
  const service = await openReserver(options);
  try {
    const { reservations } = await service.create(checked, options);
    return heldReservation({
      reservations,
      handOver: (reservation) =>
        handOverOf(service, reservation, checked.hold === undefined || checked.hold === 'strict'),
      release: () => release(service, reservations),
      close: () => service.close(),
    });
  } catch (error) {
    await service.close();
    throw error;
  }
}

async function release(service: Reserver, reservations: readonly Reservation[]): Promise<void> {
  await service.release({ protocol: reservations.map(({ protocol }) => protocol), range: reservations[0]!.range });
  await service.close();
}

/** What lets this process in on the ports of a reservation of its own. */
function handOverOf({ capabilities }: Reserver, { token, enforcement }: Reservation, isStrict: boolean): HandOver {
  const isEnforced = enforcement === 'kernel' && token !== undefined;
  if (capabilities.handOver === 'reusePort') return { by: 'reusePort', ...(isEnforced && { token: BigInt(token) }) };
  // Of a range that nothing holds the token is the record's alone.
  return { by: 'token', token: isStrict && token !== undefined ? BigInt(token) : undefined };
}
