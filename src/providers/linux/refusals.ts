import { dirname } from 'node:path';
import { ServiceError } from '../../protocol/errors.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { minus } from '../../protocol/port-set.ts';
import { formatPorts } from '../../protocol/ranges.ts';
import type { SystemExclusion } from '../excluder.ts';
import { excludedMarks, portsMarked } from './marks.ts';
import type { State } from './plan.ts';
import type { SysctlPaths } from './sysctl-files.ts';

/** Refuses what would not be there after a restart. Of the line in /etc/sysctl.conf a warning tells, see boot.ts. */
export function refuseUnlasting(protocol: Protocol, range: PortRange, { others }: State, paths: SysctlPaths): void {
  const target = formatPorts(protocol, range);
  const winner = others.after.find(({ file }) => file !== paths.main);
  if (winner) {
    throw new ServiceError(
      'NotSupported',
      `${winner.file} sets net.ipv4.ip_local_reserved_ports and is applied after ${paths.own}, so ${target} would not stay in it.`,
      { target, hint: `Move that line into a file of ${dirname(paths.own)} whose name begins with a number.` },
    );
  }
}

/** Refuses a range with a port of a reservation of ours; those of this ledger are known before. */
export function refuseReserved(protocol: Protocol, range: PortRange, { own }: State, paths: SysctlPaths): void {
  const target = formatPorts(protocol, range);
  const twice = own.marks[`reserved ${protocol}`].firstIn(range);
  if (twice !== undefined) {
    throw new ServiceError('RangeReserved', `${target} overlaps a reservation that this ledger does not know.`, {
      target,
      port: twice,
      hint: `It is in ${paths.own}. Release it with the PORT_RESERVATION_HOME it was made with, or take it out there.`,
    });
  }
}

/** Refuses a range with a port that is excluded, by us for this protocol or by others. */
export function refuseExcluded(protocol: Protocol, range: PortRange, state: State, paths: SysctlPaths): void {
  const target = formatPorts(protocol, range);
  const { own, live, others } = state;
  const excluded = portsMarked(own.marks, excludedMarks(protocol)).firstIn(range);
  if (excluded !== undefined) {
    throw new ServiceError(
      'RangeExcluded',
      `${target} overlaps an exclusion of PortReservation, which has ${excluded}.`,
      {
        target,
        port: excluded,
        hint: 'Choose other ports, or remove that exclusion first.',
      },
    );
  }
  const places = [
    { file: paths.live, ports: minus(live, portsMarked(own.marks)) },
    { file: paths.own, ports: own.added },
    ...others.before,
  ];
  for (const { file, ports } of places) {
    const port = ports.firstIn(range);
    if (port === undefined) continue;
    throw new ServiceError(
      'RangeExcluded',
      `${target} overlaps an exclusion that somebody else made: ${file} has ${port}.`,
      {
        target,
        port,
        hint: 'Choose other ports, or have them taken out of net.ipv4.ip_local_reserved_ports first.',
      },
    );
  }
}

/** Refuses to remove what a file of somebody else sets: it would be back at the next restart. */
export function refuseOthersFile({ protocol, range }: SystemExclusion, { others }: State): void {
  for (const { file, ports } of [...others.before, ...others.after]) {
    const port = ports.firstIn(range);
    if (port === undefined) continue;
    const target = formatPorts(protocol, range);
    throw new ServiceError(
      'NotSupported',
      `${file} excludes ${port}, and PortReservation does not edit others' files.`,
      {
        target,
        port,
        hint: `Take it out of net.ipv4.ip_local_reserved_ports there, run "sysctl --system", and remove what is left.`,
      },
    );
  }
}
