import { InvalidParamsError } from './errors.ts';
import type { PortRange, Protocol } from './generated/contract.ts';

/** The last port a range may end on. */
export const maximumPort = 65535;

/** The last port of the range. */
export const endPort = ({ startPort, numberOfPorts }: PortRange): number => startPort + numberOfPorts - 1;

/** Each of its ports, ascending. */
export const portsOf = ({ startPort, numberOfPorts }: PortRange): number[] =>
  Array.from({ length: numberOfPorts }, (_, index) => startPort + index);

/** Whether the port is one of the range's. */
export const holdsPort = (range: PortRange, port: number): boolean => range.startPort <= port && port <= endPort(range);

/** Whether the two ranges share a port. */
export const overlap = (a: PortRange, b: PortRange): boolean => a.startPort <= endPort(b) && b.startPort <= endPort(a);

/** Whether the two ranges are the same. */
export const sameRange = (a: PortRange, b: PortRange): boolean =>
  a.startPort === b.startPort && a.numberOfPorts === b.numberOfPorts;

/** The range as people write it: `5000-5009`, or `5000` for a single port. */
export function formatRange(range: PortRange): string {
  return range.numberOfPorts === 1 ? `${range.startPort}` : `${range.startPort}-${endPort(range)}`;
}

/** Protocol and range as people write them: `tcp 5000-5009`. */
export const formatPorts = (protocol: Protocol, range: PortRange): string => `${protocol} ${formatRange(range)}`;

/** The same range of several protocols: `tcp and udp 5000-5009`. */
export const formatAllPorts = (protocols: readonly Protocol[], range: PortRange): string =>
  `${protocols.join(' and ')} ${formatRange(range)}`;

type Placed = { protocol: Protocol; range: PortRange };

/** What tells reservations apart, and exclusions: no two share a port of one protocol. */
export const keyOf = ({ protocol, range }: Placed): string => formatPorts(protocol, range);

/** Orders by protocol and start port. */
export const byPlace = (a: Placed, b: Placed): number =>
  a.protocol.localeCompare(b.protocol) || a.range.startPort - b.range.startPort;

/** Refuses a range that goes past the last port, which the schema cannot say, and what the library is given unchecked. */
export function checkRange(range: PortRange, field: string): void {
  checkNumber(range.startPort, field.replace(/numberOfPorts$/, 'startPort'));
  checkNumber(range.numberOfPorts, field);
  if (endPort(range) <= maximumPort) return;
  const most = maximumPort - range.startPort + 1;
  throw new InvalidParamsError([
    {
      field,
      message: `must be at most ${most} with startPort ${range.startPort}: the last port is ${maximumPort}, not ${endPort(range)}`,
    },
  ]);
}

function checkNumber(value: number, field: string): void {
  if (Number.isInteger(value) && value >= 1 && value <= maximumPort) return;
  throw new InvalidParamsError([{ field, message: `must be 1 to ${maximumPort}` }]);
}
