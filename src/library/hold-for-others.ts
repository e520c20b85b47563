import { ServiceError } from '../protocol/errors.ts';
import type { Hold } from '../protocol/generated/contract.ts';
import type { PortService } from '../service/port-service.ts';

/**
 * Refuses a strict hold for another program where the token is of no use to it: that program would be kept out, too.
 * @throws ServiceError NotSupported
 */
export function checkHoldForOthers({ capabilities }: PortService, hold: Hold): void {
  if (hold !== 'strict' || capabilities.handOver !== 'token') return;
  throw new ServiceError('NotSupported', 'A strict hold would keep the program that the ports are for from them.', {
    target: 'hold strict',
    hint: 'Hold with yield; or make a persistent reservation, and let the program put its token on its sockets.',
  });
}
