import { ServiceError } from '../../../protocol/errors.ts';
import type { Admission, PortRange, Protocol } from '../../../protocol/generated/contract.ts';
import { formatPorts, holdsPort } from '../../../protocol/ranges.ts';
import type { Gate } from './gate.ts';
import { type Block, type KernelRange, rangesOf, serviceId } from './range-entries.ts';

/** A reservation that the kernel is to enforce. */
export interface KernelReservation {
  protocol: Protocol;
  range: PortRange;
  token: bigint;
  allow?: Admission;
}

/** The same as the kernel is told of it. */
export const kernelRange = ({ protocol, range, token, allow = {} }: KernelReservation): KernelRange => ({
  protocol,
  range,
  token,
  ...(allow.userId !== undefined && { userId: allow.userId }),
  ...(allow.service !== undefined && { service: serviceId(allow.service) }),
  ...(allow.privileged && { privileged: true }),
});

/** A gate, and the network namespace whose ports are meant. */
export interface Site {
  gate: Gate;
  network: bigint;
}

/** What the gate knows of this network namespace. */
export const blocksHere = ({ gate, network }: Site): Block[] =>
  gate.blocks().filter((block) => block.network === network);

/** Whether its users need the token: others are let in by what they are. */
const needsToken = ({ userId, service }: KernelRange) => userId === undefined && service === undefined;

/** Nobody pays for a gate that has nothing to enforce, nor for tokens that nobody needs. */
export function attachOrRemove(gate: Gate): void {
  const blocks = gate.blocks();
  if (blocks.length === 0) gate.remove();
  else gate.attach(blocks.some(needsToken));
}

/** Refuses a range with a port that the kernel keeps for somebody already, other than in these of the caller's. */
export function refuseReserved(site: Site, protocol: Protocol, range: PortRange, own: readonly PortRange[] = []): void {
  const { gate, network } = site;
  // One look for each port, and not at all there is: many are asked for one after the other.
  const port = portsOf(range).find(
    (one) => !own.some((other) => holdsPort(other, one)) && gate.has(protocol, network, one),
  );
  if (port === undefined) return;
  const twice = rangesOf(blocksHere(site)).find((one) => one.protocol === protocol && holdsPort(one.range, port));
  const target = formatPorts(protocol, range);
  throw new ServiceError(
    'RangeReserved',
    `${target} overlaps ${formatPorts(protocol, twice?.range ?? range)}, which the kernel enforces already.`,
    {
      target,
      port,
      hint: 'Choose other ports, or release that reservation first, with the PORT_RESERVATION_HOME it was made with.',
    },
  );
}

const portsOf = ({ startPort, numberOfPorts }: PortRange) =>
  Array.from({ length: numberOfPorts }, (_, at) => startPort + at);
