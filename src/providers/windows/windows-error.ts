import { NativeError } from '../../native/native-error.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { formatPorts, sameRange } from '../../protocol/ranges.ts';
import type { ExcludedRow } from './excluded-port-ranges.ts';

const elevation =
  'Run it as an administrator: start PowerShell or the terminal with "Run as administrator". Under user account control an administrator is an ordinary user until then.';

/** Win32 and Winsock codes by what they mean for a reservation (port-reservation functions of iphlpapi.h, mstcpip.h). */
const accessDenied = [5, 10013];
const notSupported = [127, 10045];
const invalid = [87, 10022];
export const codes = { sharingViolation: 32, notFound: 1168, addressInUse: 10048 } as const;

/** What a failed system call means to the user who asked for the range; anything else is returned as it is. */
export function windowsError(error: unknown, protocol: Protocol, range: PortRange): unknown {
  if (!(error instanceof NativeError) || typeof error.code !== 'number') return error;
  const target = formatPorts(protocol, range);
  const facts = { target, osCode: error.code, osFunction: error.function };
  const make = (name: ConstructorParameters<typeof ServiceError>[0], message: string, hint?: string) =>
    new ServiceError(name, message, { ...facts, ...(hint && { hint }) }, error);

  if (accessDenied.includes(error.code)) return make('AccessDenied', `No permission for ${target}.`, elevation);
  if (error.code === codes.notFound) {
    return make('NotFound', `Windows has no persistent reservation of exactly ${target}.`);
  }
  if (error.code === codes.sharingViolation || error.code === codes.addressInUse) {
    return make('PortInUse', `A port of ${target} is in use.`, 'Choose other ports, or end what uses them.');
  }
  if (notSupported.includes(error.code)) {
    return make(
      'NotSupported',
      `This system does not have ${error.function}.`,
      'Port reservations need Windows Vista or Windows Server 2008 and later.',
    );
  }
  if (invalid.includes(error.code)) {
    return make('OsError', `Windows refused ${target} as no valid range for ${error.function}.`);
  }
  return make('OsError', `${error.function} failed for ${target} with ${error.code}.`);
}

/** The range overlaps a row that Windows keeps: a reservation or a driver's range, or an administrator's exclusion. */
export function rangeKept(protocol: Protocol, range: PortRange, row: ExcludedRow, cause: NativeError): ServiceError {
  const whole = formatPorts(protocol, range);
  const facts = { target: whole, osCode: cause.code, osFunction: cause.function };
  if (row.administered) {
    const exclusion = formatPorts(protocol, row.range);
    return new ServiceError(
      'RangeExcluded',
      `${whole} overlaps the exclusion ${exclusion} that an administrator made.`,
      {
        ...facts,
        hint: 'Anyone may bind there by number. To reserve it, delete the exclusion first, or choose other ports.',
      },
      cause,
    );
  }
  return new ServiceError(
    'RangeReserved',
    sameRange(row.range, range)
      ? `${whole} is already reserved.`
      : `${whole} overlaps ${formatPorts(protocol, row.range)}, which Windows keeps reserved.`,
    {
      ...facts,
      hint: 'Choose other ports, or remove that reservation; netsh interface ipv4 show excludedportrange lists what is kept.',
    },
    cause,
  );
}

/** A runtime token is valid in the process that acquired it alone, so nobody else is told it. */
export function tokenOfAnother(protocol: Protocol, range: PortRange): ServiceError {
  return new ServiceError(
    'NotOwner',
    `The token of ${formatPorts(protocol, range)} is valid in its owner's process alone.`,
    {
      target: formatPorts(protocol, range),
      hint: 'Use it there, or make a persistent reservation: its token is valid in every elevated process.',
    },
  );
}
