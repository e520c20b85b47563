import { NativeError } from '../../native/native-error.ts';
import { codes } from '../../native/windows/codes.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { endPort, formatPorts, sameRange } from '../../protocol/ranges.ts';
import type { ExcludedRow } from './excluded-port-ranges.ts';
import { endOfWsl, type HiddenRange, hiddenHint, hiddenWords } from './hidden-range.ts';
import { ownerOf } from './rows.ts';

const elevation =
  'Run it as an administrator: start PowerShell or the terminal with "Run as administrator". Under user account control an administrator is an ordinary user until then.';

const listsKept = 'netsh interface ipv4 show excludedportrange lists what is kept.';

const seeReserved = `Choose other ports, or remove that reservation; ${listsKept}`;

// netsh deletes no row without a star.
const seeKept = `Choose other ports, or end what keeps them, which netsh does not tell; ${listsKept}`;

const deleteExclusion =
  'Programs that open a socket may bind there by number; HTTP.sys, container ports and QUIC are refused. To reserve it, delete the exclusion first, or choose other ports.';

/** Only an elevated process may do that to the target. */
export const needsElevation = (target: string, cause?: unknown): ServiceError =>
  new ServiceError('AccessDenied', `No permission for ${target}.`, { target, hint: elevation }, cause);

const accessDenied: number[] = [codes.ERROR_ACCESS_DENIED, codes.WSAEACCES];
const taken: number[] = [codes.ERROR_SHARING_VIOLATION, codes.WSAEADDRINUSE];
const notSupported: number[] = [codes.ERROR_PROC_NOT_FOUND, codes.WSAEOPNOTSUPP];
const invalid: number[] = [codes.ERROR_INVALID_PARAMETER, codes.WSAEINVAL];

/** What an error says. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Whether it is the system's failure with one of these codes. */
export const isCode = (error: unknown, ...wanted: number[]): error is NativeError =>
  error instanceof NativeError && wanted.includes(error.code as number);

/** What a failed system call means to the user who asked for the range; anything else is returned as it is. */
export function windowsError(error: unknown, protocol: Protocol, range: PortRange): unknown {
  if (!(error instanceof NativeError) || typeof error.code !== 'number') return error;
  const target = formatPorts(protocol, range);
  const facts = { target, osCode: error.code, osFunction: error.function };
  const make = (name: ConstructorParameters<typeof ServiceError>[0], message: string, hint?: string) =>
    new ServiceError(name, message, { ...facts, ...(hint && { hint }) }, error);

  if (accessDenied.includes(error.code)) return make('AccessDenied', `No permission for ${target}.`, elevation);
  if (error.code === codes.ERROR_NOT_FOUND) {
    return make('NotFound', `Windows has no persistent reservation of exactly ${target}.`);
  }
  if (taken.includes(error.code)) {
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

/** What an error says of the system's failure. */
export const factsOf = (protocol: Protocol, range: PortRange, { code, function: osFunction }: NativeError) => ({
  target: formatPorts(protocol, range),
  osCode: code,
  osFunction,
});

/** One port of the range has a socket on it. */
export function portInUse(protocol: Protocol, range: PortRange, port: number, cause: NativeError): ServiceError {
  const facts = factsOf(protocol, range, cause);
  const message = `Port ${port} of ${facts.target} is in use.`;
  return new ServiceError(
    'PortInUse',
    message,
    { ...facts, port, hint: 'Choose other ports, or end what uses it.' },
    cause,
  );
}

/** The range is reserved: exactly it, or as far as is known one port of it. */
export function rangeReserved(
  protocol: Protocol,
  range: PortRange,
  { port, isPersistent, cause }: { port?: number; isPersistent?: boolean; cause: NativeError },
): ServiceError {
  const facts = factsOf(protocol, range, cause);
  const message =
    port === undefined ? `${facts.target} is already reserved.` : `Port ${port} of ${facts.target} is reserved.`;
  const hint = isPersistent ? seeReserved : seeKept;
  return new ServiceError('RangeReserved', message, { ...facts, ...(port && { port }), hint }, cause);
}

/** This process is kept from binding anything. */
export const refusedAll = (protocol: Protocol, range: PortRange, cause: NativeError): ServiceError =>
  new ServiceError(
    'AccessDenied',
    `Windows refuses this process every ${protocol} port (${codes.WSAEACCES}).`,
    {
      ...factsOf(protocol, range, cause),
      hint: 'A sandbox or a policy keeps it from binding: run it outside of that.',
    },
    cause,
  );

/** The range has a port in a range that no table shows. */
export function rangeHidden(
  protocol: Protocol,
  range: PortRange,
  { port, hidden, cause }: { port: number; hidden: HiddenRange; cause: NativeError },
): ServiceError {
  const facts = { ...factsOf(protocol, range, cause), port, hint: hiddenHint };
  const message = `${facts.target} overlaps what Windows keeps without showing it. ${hiddenWords(protocol, hidden)}.`;
  const error = new ServiceError('RangeReserved', message, { ...facts, remedy: endOfWsl() }, cause);
  error.taken = hidden.range;
  return error;
}

/** The range overlaps a row that Windows keeps: a reservation or a driver's range, or an administrator's exclusion. */
export function rangeKept(protocol: Protocol, range: PortRange, row: ExcludedRow, cause: NativeError): ServiceError {
  if (!row.administered && sameRange(row.range, range)) return rangeReserved(protocol, range, { cause });
  const whole = formatPorts(protocol, range);
  const kept = formatPorts(protocol, row.range);
  const facts = { ...factsOf(protocol, range, cause), port: Math.min(endPort(row.range), endPort(range)) };
  if (row.administered) {
    const message = `${whole} overlaps the exclusion ${kept} that an administrator made.`;
    return new ServiceError('RangeExcluded', message, { ...facts, hint: deleteExclusion }, cause);
  }
  const message = `${whole} overlaps ${kept}, which Windows keeps reserved for ${ownerOf(row)}.`;
  return new ServiceError('RangeReserved', message, { ...facts, hint: seeKept }, cause);
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
