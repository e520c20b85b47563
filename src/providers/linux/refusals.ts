import { dirname } from 'node:path';
import { ServiceError } from '../../protocol/errors.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { formatPorts } from '../../protocol/ranges.ts';
import { minus } from './port-list.ts';
import type { State } from './state.ts';
import type { SysctlPaths } from './sysctl-files.ts';

/** Refuses a persistent range that others have excluded, or that would not be there after a restart. */
export function refuseClaim(protocol: Protocol, range: PortRange, state: State, paths: SysctlPaths): void {
  const target = formatPorts(protocol, range);
  const { own, live, others } = state;

  const [winner] = others.after;
  if (winner) {
    throw new ServiceError(
      'NotSupported',
      `${winner.file} sets net.ipv4.ip_local_reserved_ports and is applied after ${paths.own}, so ${target} would not stay reserved.`,
      { target, hint: `Move that line into a file of ${dirname(paths.own)} whose name begins with a number.` },
    );
  }

  const twice = own.reserved[protocol].firstIn(range);
  if (twice !== undefined) {
    throw new ServiceError('RangeReserved', `${target} overlaps a reservation that this ledger does not know.`, {
      target,
      port: twice,
      hint: `It is in ${paths.own}. Release it with the PORT_RESERVATION_HOME it was made with, or take it out there.`,
    });
  }

  const places = [
    { file: paths.live, ports: minus(live, own.reserved.tcp, own.reserved.udp) },
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
