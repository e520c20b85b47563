import { Deadline } from '../../library/deadline.ts';
import { type ErrorName, ServiceError } from '../../protocol/errors.ts';
import type {
  PortRange,
  PortStatus,
  Protocol,
  Reservation,
  ReservationCreateParams,
  Reservations,
} from '../../protocol/generated/contract.ts';
import { formatPorts, overlap } from '../../protocol/ranges.ts';
import type { PortService } from '../../service/port-service.ts';
import type { Output } from '../output.ts';

/** What passes when others end or give back what they have. */
const passing: readonly ErrorName[] = ['PortInUse', 'RangeReserved', 'NoFreeRange'];

/** Between two tries, where no change of a reservation calls for one sooner, in milliseconds. */
const rest = { first: 50, longest: 1000 };

/** As many ports as are looked at to say who has them, and as many as are named. */
const most = { looked: 1000, named: 3 };

/**
 * Reserves the ports as soon as they can be had: it is tried again when a reservation has ended, and from time to time.
 * @throws ServiceError the last refusal, with who has the ports; at once where waiting does not help
 */
export async function createInTime(
  service: PortService,
  params: ReservationCreateParams,
  { timeout, output, prefer }: { timeout: number; output: Output; prefer: number | undefined },
): Promise<Reservations> {
  const deadline = new Deadline({ timeout });
  let wake = () => {};
  const watch = await service.watch(() => wake());
  try {
    for (let pause = rest.first, isSaid = false; ; pause = Math.min(2 * pause, rest.longest)) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const refusal = await refusalOf(service, params, prefer);
      if (!(refusal instanceof ServiceError)) return refusal;
      if (deadline.isOver()) throw await told(service, params, { refusal, deadline });
      if (!isSaid) output.note(`${refusal.message} It is tried again for ${deadline}.`);
      isSaid = true;
      await Promise.race([changed, deadline.rest(pause)]);
    }
  } finally {
    watch.close();
  }
}

async function refusalOf(
  service: PortService,
  params: ReservationCreateParams,
  prefer: number | undefined,
): Promise<Reservations | ServiceError> {
  try {
    return await service.create(params, { prefer });
  } catch (error) {
    if (error instanceof ServiceError && passing.includes(error.errorName)) return error;
    throw error;
  }
}

/** The refusal with who has the ports: what else it advises is often somebody else's to do. */
async function told(
  service: PortService,
  { protocol, startPort, numberOfPorts = 1, within }: ReservationCreateParams,
  { refusal, deadline }: { refusal: ServiceError; deadline: Deadline },
): Promise<ServiceError> {
  const window = startPort === undefined ? within : { startPort, numberOfPorts };
  const names = window ? await holdersIn(service, [protocol].flat(), window).catch(() => []) : [];
  const more = names.length > most.named ? `, and ${names.length - most.named} more` : '';
  const who = names.length > 0 ? `There are: ${names.slice(0, most.named).join('; ')}${more}. ` : '';
  const hint = `${who}Wait longer, or choose other ports.`;
  const message = `${refusal.message} That was so for ${deadline}.`;
  return new ServiceError(refusal.errorName, message, { ...refusal.facts, hint }, refusal);
}

async function holdersIn(service: PortService, protocols: readonly Protocol[], window: PortRange): Promise<string[]> {
  const { reservations } = await service.list({ protocol: [...protocols] });
  const inWay = reservations.filter(({ range }) => overlap(range, window));
  if (window.numberOfPorts > most.looked) return inWay.map(ofReservation);
  const { ports } = await service.inspect({ protocol: [...protocols], ranges: [window] });
  const others = ports.filter(({ reservation, canBind }) => !reservation && !canBind);
  return [...inWay.map(ofReservation), ...others.map(ofPort)];
}

function ofReservation({ protocol, range, name, owner }: Reservation): string {
  const label = name === undefined ? '' : ` "${name}"`;
  const who = owner === undefined ? '' : ` of ${owner.user}`;
  const by = owner?.processId === undefined ? '' : ` (process ${owner.processId})`;
  return `${formatPorts(protocol, range)}${label}${who}${by}`;
}

function ofPort({ protocol, port, holders: [holder] }: PortStatus): string {
  const { processName, processId } = holder ?? {};
  const who = processName === undefined ? '' : ` of ${processName}`;
  return `${protocol} ${port}${who}${processId === undefined ? '' : ` (process ${processId})`}`;
}
