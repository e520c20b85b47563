import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import type { PortRange, Protocol } from '../../../protocol/generated/contract.ts';
import { byPlace, endPort } from '../../../protocol/ranges.ts';

/** A range as the kernel is told of it. */
export interface KernelRange {
  protocol: Protocol;
  range: PortRange;
  token: bigint;
  /** Whose processes need no token; by number, and as the machine counts users, not a container. */
  userId?: number;
  /** What `serviceId` makes of the unit whose processes need no token. */
  service?: bigint;
  /** Whether those let in need no right to bind a privileged port. */
  privileged?: boolean;
}

/** One entry of the map. */
export interface Entry {
  key: Buffer;
  value: Buffer;
}

/**
 * The key of a longest-prefix trie: the number of bits that count, protocol and network namespace in full, then the port
 * in the network's byte order, so that a block of ports is a prefix.
 */
export const keyLayout = { prefix: 0, protocol: 4, network: 8, port: 16 } as const;
export const keySize = 18;
export const portBits = 16;
/** Of protocol and network namespace. */
export const prefixBits = 96;

export const valueLayout = { token: 0, service: 8, user: 16, flags: 20 } as const;
export const valueSize = 24;
export const tokenSize = 8;
export const rangeFlag = { privileged: 1 } as const;

/** No user: (uid_t)-1, which no process has. */
const noUser = 0xffff_ffff;
const noService = 0n;

/** netinet/in.h; MPTCP's bind comes as TCP. */
const numbers: Record<Protocol, number> = { tcp: 6, udp: 17 };

const littleEndian = endianness() === 'LE';

/**
 * The range as the fewest blocks that one prefix has: each as long as a power of two and beginning at a multiple of it. At
 * most 30.
 */
export function blocksOf({ startPort, numberOfPorts }: PortRange): PortRange[] {
  const blocks: PortRange[] = [];
  for (let port = startPort, left = numberOfPorts; left > 0; ) {
    let length = port & -port;
    while (length > left) length >>= 1;
    blocks.push({ startPort: port, numberOfPorts: length });
    port += length;
    left -= length;
  }
  return blocks;
}

/** A service's number: no secret, and never 0, which stands for no service. */
export const serviceId = (unit: string): bigint => createHash('sha256').update(unit).digest().readBigUInt64LE(0) | 1n;

/** What stands in the map for the range. @param network the network namespace's cookie */
export function entriesOf({ protocol, range, ...rest }: KernelRange, network: bigint): Entry[] {
  const value = entryValue(rest);
  return blocksOf(range).map((block) => ({ key: entryKey(protocol, network, block), value }));
}

/** What one port is looked up by. */
export const portKey = (protocol: Protocol, network: bigint, port: number): Buffer =>
  entryKey(protocol, network, { startPort: port, numberOfPorts: 1 });

function entryKey(protocol: Protocol, network: bigint, { startPort, numberOfPorts }: PortRange): Buffer {
  const key = Buffer.alloc(keySize);
  const view = new DataView(key.buffer, key.byteOffset);
  view.setUint32(keyLayout.prefix, prefixBits + portBits - Math.log2(numberOfPorts), littleEndian);
  view.setUint32(keyLayout.protocol, numbers[protocol], littleEndian);
  view.setBigUint64(keyLayout.network, network, littleEndian);
  view.setUint16(keyLayout.port, startPort);
  return key;
}

function entryValue({
  token,
  userId = noUser,
  service = noService,
  privileged,
}: Omit<KernelRange, 'protocol' | 'range'>) {
  const value = Buffer.alloc(valueSize);
  const view = new DataView(value.buffer, value.byteOffset);
  view.setBigUint64(valueLayout.token, token, littleEndian);
  view.setBigUint64(valueLayout.service, service, littleEndian);
  view.setUint32(valueLayout.user, userId, littleEndian);
  view.setUint32(valueLayout.flags, privileged ? rangeFlag.privileged : 0, littleEndian);
  return value;
}

/** An entry of any network namespace, read back. */
export interface Block extends KernelRange {
  network: bigint;
}

/** What the entry says; undefined where it is none of ours. */
export function blockOf({ key, value }: Entry): Block | undefined {
  const [keys, values] = [key, value].map((one) => new DataView(one.buffer, one.byteOffset));
  const number = keys!.getUint32(keyLayout.protocol, littleEndian);
  const protocol = (Object.keys(numbers) as Protocol[]).find((one) => numbers[one] === number);
  if (!protocol) return undefined;
  const free = prefixBits + portBits - keys!.getUint32(keyLayout.prefix, littleEndian);
  const user = values!.getUint32(valueLayout.user, littleEndian);
  const service = values!.getBigUint64(valueLayout.service, littleEndian);
  return {
    protocol,
    network: keys!.getBigUint64(keyLayout.network, littleEndian),
    range: { startPort: keys!.getUint16(keyLayout.port), numberOfPorts: 2 ** free },
    token: values!.getBigUint64(valueLayout.token, littleEndian),
    ...(user !== noUser && { userId: user }),
    ...(service !== noService && { service }),
    ...((values!.getUint32(valueLayout.flags, littleEndian) & rangeFlag.privileged) !== 0 && { privileged: true }),
  };
}

/** Whether both are for the same: token, user, service and right. */
export const isForSame = (a: Omit<KernelRange, 'range'>, b: Omit<KernelRange, 'range'>): boolean =>
  a.token === b.token && a.userId === b.userId && a.service === b.service && a.privileged === b.privileged;

/** The ranges that the blocks were made of: neighbours that are for the same are one. */
export function rangesOf(blocks: readonly Block[]): KernelRange[] {
  const joined: KernelRange[] = [];
  for (const { network: _, ...block } of blocks.toSorted(byPlace)) {
    const last = joined.at(-1);
    const continues =
      last?.protocol === block.protocol && isForSame(last, block) && endPort(last.range) + 1 === block.range.startPort;
    if (continues) last.range.numberOfPorts += block.range.numberOfPorts;
    else joined.push({ ...block, range: { ...block.range } });
  }
  return joined;
}
