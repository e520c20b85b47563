import { InvalidParamsError, ServiceError } from '../protocol/errors.ts';
import type {
  Lifetime,
  PortRange,
  Protocol,
  Reservation,
  ReservationCreateAllParams,
} from '../protocol/generated/contract.ts';
import { checkRange, endPort, formatPorts, formatRange, holdsPort, overlap } from '../protocol/ranges.ts';

/** What `create` was asked for, checked and with the defaults filled in. */
export interface CreateRequest {
  protocols: readonly Protocol[];
  lifetime: Lifetime;
  numberOfPorts: number;
  /** The range asked for; undefined when a free one is to be found. */
  range: PortRange | undefined;
  within: PortRange | undefined;
  /** Whether what is already there and is the caller's is given back. */
  returnsExisting: boolean;
  name: string | undefined;
  reason: string | undefined;
}

const invalid = (field: string, message: string) => new InvalidParamsError([{ field, message }]);

/** Checks what the schema cannot say: sums, and keys that exclude each other. */
export function createRequest(params: ReservationCreateAllParams): CreateRequest {
  const { protocol: protocols, lifetime = 'runtime', numberOfPorts = 1, startPort, within, name, reason } = params;
  const range = startPort === undefined ? undefined : { startPort, numberOfPorts };
  if (range) checkRange(range, 'numberOfPorts');
  if (within) {
    checkRange(within, 'within.numberOfPorts');
    if (range) throw invalid('within', 'cannot be given together with startPort');
    checkFits(numberOfPorts, within);
  }
  const returnsExisting = params.ifExists === 'return';
  return { protocols, lifetime, numberOfPorts, range, within, returnsExisting, name, reason };
}

/** Refuses a block that is larger than where it is looked for. */
export function checkFits(numberOfPorts: number, within: PortRange): void {
  if (numberOfPorts <= within.numberOfPorts) return;
  throw invalid('numberOfPorts', `must be at most ${within.numberOfPorts}, the size of within`);
}

/** A reservation as it stands in a message: `the runtime reservation tcp 5000-5009 "web" of ada (process 4711)`. */
export function describe({ protocol, range, lifetime, name, owner }: Reservation): string {
  const called = name ? ` "${name}"` : '';
  const user = owner ? ` of ${owner.user}` : '';
  const process = owner?.processId === undefined ? '' : ` (process ${owner.processId})`;
  return `the ${lifetime} reservation ${formatPorts(protocol, range)}${called}${user}${process}`;
}

/** The same at the start of a sentence. */
export const described = (reservation: Reservation): string => `T${describe(reservation).slice(1)}`;

/** Refuses a range that shares a port with one of the reservations, which are of the protocols asked for. */
export function refuseOverlap(range: PortRange, reservations: Iterable<Reservation>): void {
  for (const other of reservations) {
    if (!overlap(other.range, range)) continue;
    const target = formatPorts(other.protocol, range);
    throw new ServiceError('RangeReserved', `${target} overlaps ${describe(other)}.`, {
      target,
      hint: `Choose ports outside ${formatRange(other.range)}, or release that reservation first.`,
    });
  }
}

/** There is no such reservation. */
export function notFound({ token, protocol, range }: { token?: string; protocol?: Protocol; range?: PortRange }) {
  const target = protocol && range ? formatPorts(protocol, range) : `token ${token}`;
  return new ServiceError('NotFound', `There is no reservation of ${target}.`, {
    target,
    hint: 'The range must be exactly the reserved one. List the reservations to see them.',
  });
}

/** The port as a range, if it is one of the reservation's. */
export function portOf({ range }: Reservation, port: number): PortRange {
  if (holdsPort(range, port)) return { startPort: port, numberOfPorts: 1 };
  throw invalid('port', `must be in the reservation, ${range.startPort} to ${endPort(range)}`);
}
