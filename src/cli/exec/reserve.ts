import { checkHoldForOthers } from '../../library/hold-for-others.ts';
import type { EnforcementChoice, Hold, Label, Reservation } from '../../protocol/generated/contract.ts';
import type { PortService } from '../../service/port-service.ts';
import { type BlockOptions, blockOf, labelGiven } from '../options.ts';
import type { Output } from '../output.ts';
import { placeOf } from './stable-place.ts';
import { createInTime } from './wait-for-ports.ts';

/** What is to be reserved for a command. */
export interface ReserveOptions extends BlockOptions, Label {
  hold: Hold;
  wait?: number;
  whatIf?: boolean;
}

/** Reserves what the options ask for, or says by `whatIf` what that would be. */
export async function reserve(
  service: PortService,
  options: ReserveOptions,
  { enforcement, output }: { enforcement: EnforcementChoice | undefined; output: Output },
): Promise<Reservation[]> {
  const { hold, wait, whatIf, name } = options;
  const { checkParams } = await import('../../protocol/check.ts');
  const params = checkParams('reservation/create', {
    ...blockOf(options),
    ...labelGiven(options),
    ...(enforcement ? { enforcement } : { hold }),
    whatIf,
  });
  if (!enforcement) checkHoldForOthers(service, hold);
  const prefer = name === undefined ? undefined : placeOf(name);
  const { reservations } = await (wait === undefined || whatIf
    ? service.create(params, { prefer })
    : createInTime(service, params, { timeout: wait, output, prefer }));
  return reservations;
}
