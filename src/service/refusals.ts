import { ServiceError } from '../protocol/errors.ts';
import type { PortExclusion, PortRange, Protocol, ProviderName, Reservation } from '../protocol/generated/contract.ts';
import { formatPorts, formatRange, keyOf, overlap } from '../protocol/ranges.ts';
import { toDo } from '../protocol/remedies.ts';
import { describe, described, describeExclusion, startOfSentence } from './describe.ts';
import type { Label } from './label.ts';

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
    const where = process === undefined ? 'the container or process namespace that holds it' : `process ${process}`;
    throw new ServiceError('NotOwner', `${described(reservation)} is held by another worker.`, {
      target,
      hint: `Release it in ${where}, or end the process there: its ports are free at once then.`,
    });
  }
  if (reservation.provider !== provider) {
    throw new ServiceError(
      'NotSupported',
      `${described(reservation)} was made by the ${reservation.provider} provider; this is the ${provider} provider.`,
      {
        target,
        hint: `Release it through the ${reservation.provider} provider.`,
        remedy: toDo('release', reservation.protocol, reservation.range, reservation.provider),
      },
    );
  }
}

/** What to look for: whatever is given must fit. */
export interface Wanted {
  token?: string;
  protocol?: Protocol;
  range?: PortRange;
  document?: string;
}

/**
 * Refuses a range that shares a port with one of the reservations, which are of the protocols asked for.
 * @param isHeldHere whether whoever asks can release it, though it ends with its service
 */
export function refuseOverlap(
  range: PortRange,
  reservations: Iterable<Reservation>,
  isHeldHere: (reservation: Reservation) => boolean,
): void {
  for (const other of reservations) {
    if (!overlap(other.range, range)) continue;
    const target = formatPorts(other.protocol, range);
    throw new ServiceError('RangeReserved', `${target} overlaps ${describe(other)}.`, {
      target,
      hint: `Choose ports outside ${formatRange(other.range)}, or release that reservation first.`,
      ...((other.lifetime === 'persistent' || isHeldHere(other)) && {
        remedy: toDo('release', other.protocol, other.range),
      }),
    });
  }
}

/** There is no such reservation. */
export function notFound({ token, protocol, range, document }: Wanted) {
  const target = protocol && range ? formatPorts(protocol, range) : `token ${token}`;
  const wish = document ? ` for the document "${document}"` : '';
  return new ServiceError('NotFound', `There is no reservation of ${target}${wish}.`, {
    target,
    hint: 'The range must be exactly the reserved one. List the reservations to see them.',
  });
}

/** Something that has a label. */
export type Labelled = { kind: 'reservation'; is: Reservation } | { kind: 'exclusion'; is: PortExclusion };

/**
 * Refuses another label where it is not the caller's to give.
 *
 * @param isSystems whether the record is in the system's ledger, which this user may only read
 * @throws ServiceError RangeReserved or RangeExcluded for what another document asked for, AccessDenied
 */
export function checkMayRelabel({ kind, is }: Labelled, label: Label, isSystems: boolean): void {
  const { document } = is;
  const target = keyOf(is);
  const what = startOfSentence(kind === 'reservation' ? describe(is) : describeExclusion(is));
  if (document !== undefined && document !== label.document) {
    throw new ServiceError(kind === 'reservation' ? 'RangeReserved' : 'RangeExcluded', `${what} is that document's.`, {
      target,
      hint: `Take it out of the document "${document}", or free the range first.`,
    });
  }
  if (isSystems) {
    throw new ServiceError('AccessDenied', `${what} is the system's; this user may not change it.`, {
      target,
      hint: 'Run it as root or from an elevated process.',
    });
  }
}

/** What removal needs to know of its caller. */
export interface Remover {
  /** Whether the caller wants it removed even if somebody else made it. */
  force: boolean;
  /** Whether the record is in the system's ledger, which this user may only read. */
  isSystems: boolean;
  /** The reservation that the system lists as this range, if it is one. */
  reservation: Reservation | undefined;
}

/**
 * Refuses to remove what is no exclusion, or not the caller's.
 * @throws ServiceError NotFound, AccessDenied, NotOwner
 */
export function checkMayRemove(exclusion: PortExclusion, { force, isSystems, reservation }: Remover): void {
  const { protocol, range, own, administered, source } = exclusion;
  const target = formatPorts(protocol, range);
  if (reservation) {
    throw new ServiceError('NotFound', `${target} is no exclusion but ${describe(reservation)}.`, {
      target,
      hint: 'Release the reservation instead.',
      ...(reservation.lifetime === 'persistent' && { remedy: toDo('release', protocol, reservation.range) }),
    });
  }
  if (!administered) {
    throw new ServiceError('NotFound', `${target} is no exclusion but a range of a driver or of another program.`, {
      target,
      hint: 'Nobody but its owner can give it back.',
    });
  }
  if (isSystems) {
    throw new ServiceError('AccessDenied', `${target} is excluded by the system; this user may not change that.`, {
      target,
      hint: 'Run it as root or from an elevated process.',
    });
  }
  if (own || force) return;
  throw new ServiceError('NotOwner', `Somebody else made the exclusion ${target} (${source}).`, {
    target,
    hint: 'Remove it with force if you know that nobody needs it.',
  });
}

/** There is no such exclusion. */
export function noExclusion({ protocol, range }: { protocol: Protocol; range: PortRange }): ServiceError {
  const target = formatPorts(protocol, range);
  return new ServiceError('NotFound', `There is no exclusion of ${target}.`, {
    target,
    hint: 'The range must be exactly the excluded one. List the exclusions to see them.',
  });
}

/** Nothing keeps ports out of automatic choice here. */
export const noExclusionsHere = (provider: ProviderName): ServiceError =>
  new ServiceError('NotSupported', `The ${provider} provider cannot keep ports out of automatic choice.`, {
    hint: "Exclusions are the system's: use the windows provider on Windows, the linux provider on Linux.",
  });

/** Somebody has the port. */
export function portInUse(protocol: Protocol, port: number): ServiceError {
  const range = { startPort: port, numberOfPorts: 1 };
  const target = formatPorts(protocol, range);
  return new ServiceError('PortInUse', `${target} is in use.`, {
    target,
    port,
    hint: 'Look at the port to see who has it; end that, or choose other ports.',
    remedy: toDo('inspect', protocol, range),
  });
}

/** Nothing lets a program in that does not show the token. */
export const noAdmissionOfChildren = (provider: ProviderName): ServiceError =>
  new ServiceError('NotSupported', `The ${provider} provider lets no program in that does not show the token.`, {
    hint: 'Reserve without enforcement, or let the program put the token on its sockets.',
  });

/** There is no such file. */
export const noSysctlHere = (provider: ProviderName): ServiceError =>
  new ServiceError('NotSupported', `The ${provider} provider has nothing to do with /etc/sysctl.conf.`, {
    target: '/etc/sysctl.conf',
    hint: 'Leave that file as it is.',
  });
