import { ServiceError } from '../protocol/errors.ts';
import type { PortRange, Reservation, ReservationCreateAllParams } from '../protocol/generated/contract.ts';
import { formatAllPorts, sameRange } from '../protocol/ranges.ts';
import type { PortService } from '../service/port-service.ts';

const standInTheWay = new Set(['listening', 'boundNotListening', 'reserved', 'excludedBySystem']);

/**
 * Where the reservation would be made, unless somebody is faster.
 * @throws ServiceError what can be seen to stand in the way
 */
async function placeFor(service: PortService, params: ReservationCreateAllParams): Promise<PortRange> {
  const { protocol, numberOfPorts = 1, startPort, within, ifExists } = params;
  if (startPort === undefined) return (await service.find({ protocol, numberOfPorts, within })).ranges[0]!;
  const range = { startPort, numberOfPorts };
  const isThere = (item: Reservation | undefined) =>
    ifExists === 'return' && item?.lifetime === 'persistent' && sameRange(item.range, range);
  const { ports } = await service.inspect({ protocol, port: [range] });
  const taken = ports.find(({ verdict, reservation }) => standInTheWay.has(verdict) && !isThere(reservation));
  if (!taken) return range;
  const target = `${taken.protocol} ${taken.port}`;
  throw new ServiceError(taken.reservation ? 'RangeReserved' : 'PortInUse', `${target}: ${taken.explanation}`, {
    target,
    hint: taken.remedy && `To free it: ${taken.remedy}`,
  });
}

/**
 * What would be reserved, as objects and in words.
 * @throws ServiceError what can be seen to stand in the way
 */
export async function previewOf(service: PortService, params: ReservationCreateAllParams) {
  const range = await placeFor(service, params);
  const { protocol: protocols, lifetime = 'runtime', startPort } = params;
  const others = startPort === undefined ? ', or another free block' : '';
  return {
    reservations: protocols.map((protocol) => ({ protocol, range, lifetime })),
    sentence: `Would reserve ${formatAllPorts(protocols, range)}${others}`,
  };
}
