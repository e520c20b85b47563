import { ServiceError } from '../../../protocol/errors.ts';
import type { Admission, PortRange, Protocol } from '../../../protocol/generated/contract.ts';
import { endPort, formatPorts, overlap, sameRange } from '../../../protocol/ranges.ts';
import type { Gate } from './gate.ts';
import { type Block, entriesOf, isForSame, type KernelRange, rangesOf, serviceId } from './range-entries.ts';

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

const of = (site: Site, protocol: Protocol) => blocksHere(site).filter((block) => block.protocol === protocol);

const isWithin = (inner: PortRange, outer: PortRange) =>
  inner.startPort >= outer.startPort && endPort(inner) <= endPort(outer);

const isSame = (a: KernelRange, b: KernelRange) => sameRange(a.range, b.range) && isForSame(a, b);

/** Puts the range in, where it is not there as it should be, and takes out what it takes the place of. */
export function putRange(site: Site, wanted: KernelRange): void {
  const blocks = of(site, wanted.protocol);
  const old = rangesOf(blocks).filter((one) => overlap(one.range, wanted.range));
  if (old.length === 1 && isSame(old[0]!, wanted)) return;
  const entries = entriesOf(wanted, site.network);
  site.gate.put(entries);
  const isNew = new Set(entries.map(({ key }) => key.toString('hex')));
  const replaced = blocks.filter((block) => old.some(({ range }) => isWithin(block.range, range)));
  const before = replaced.flatMap((block) => entriesOf(block, site.network));
  site.gate.take(before.filter(({ key }) => !isNew.has(key.toString('hex'))));
}

/** Takes out what of the range is there, but nothing of a longer one that somebody else's ledger has. */
export function takeRange(site: Site, protocol: Protocol, range: PortRange): void {
  const blocks = of(site, protocol);
  const whole = rangesOf(blocks).filter((one) => isWithin(one.range, range));
  const gone = blocks.filter((block) => whole.some((one) => isWithin(block.range, one.range)));
  site.gate.take(gone.flatMap((block) => entriesOf(block, site.network)));
}

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
  const isOwn = (one: KernelRange) => own.some((other) => sameRange(other, one.range));
  const twice = rangesOf(of(site, protocol)).find((one) => overlap(one.range, range) && !isOwn(one));
  if (!twice) return;
  const target = formatPorts(protocol, range);
  throw new ServiceError(
    'RangeReserved',
    `${target} overlaps ${formatPorts(protocol, twice.range)}, which the kernel enforces already.`,
    {
      target,
      port: Math.max(twice.range.startPort, range.startPort),
      hint: 'Choose other ports, or release that reservation first, with the PORT_RESERVATION_HOME it was made with.',
    },
  );
}
