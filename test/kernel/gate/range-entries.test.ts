import { describe, expect, test } from 'vitest';
import { endPort } from '../../../src/protocol/ranges.ts';
import {
  blockOf,
  blocksOf,
  entriesOf,
  type KernelRange,
  rangesOf,
  serviceId,
} from '../../../src/providers/linux/kernel/range-entries.ts';

const ports = (startPort: number, numberOfPorts: number) => ({ startPort, numberOfPorts });
const reserved = (range: KernelRange['range'], more: Partial<KernelRange> = {}): KernelRange => ({
  protocol: 'tcp',
  range,
  token: 2n ** 64n - 1n,
  ...more,
});

/** Some ranges of every size and place: small ones at each of 70 starts, and long ones at odd ends. */
const ranges = [
  ...Array.from({ length: 70 }, (_, start) =>
    Array.from({ length: 40 }, (_, more) => ports(start + 1, more + 1)),
  ).flat(),
  ...[1, 2, 3, 1023, 1024, 1025, 32_767, 32_768, 32_769, 65_535].flatMap((start) =>
    [1, 2, 3, 1000, 48_900, 65_536 - start]
      .filter((count) => start + count <= 65_536)
      .map((count) => ports(start, count)),
  ),
];

describe('the blocks of a range', () => {
  test('are its ports, each once and in order', () => {
    for (const range of ranges) {
      let next = range.startPort;
      for (const block of blocksOf(range)) {
        expect(block.startPort).toBe(next);
        next = endPort(block) + 1;
      }
      expect(next - 1).toBe(endPort(range));
    }
  });

  test('are powers of two that begin at a multiple of themselves, and as few as there can be', () => {
    for (const range of ranges) {
      const blocks = blocksOf(range);
      expect(blocks.length).toBeLessThanOrEqual(30);
      for (const { startPort, numberOfPorts } of blocks) {
        expect([Math.log2(numberOfPorts) % 1, startPort % numberOfPorts]).toEqual([0, 0]);
      }
      // Two neighbours that make a greater block would be one.
      for (const [index, block] of blocks.slice(1).entries()) {
        const before = blocks[index]!;
        expect(before.numberOfPorts === block.numberOfPorts && before.startPort % (2 * block.numberOfPorts) === 0).toBe(
          false,
        );
      }
    }
  });

  test('of 48,900 ports are nine', () => {
    expect(blocksOf(ports(1024, 48_900))).toHaveLength(9);
  });
});

describe('the entries of a range', () => {
  test.each<[string, KernelRange]>([
    ['a token alone', reserved(ports(5000, 10))],
    ['a user', reserved(ports(1, 65_535), { userId: 0 })],
    ['a service', reserved(ports(443, 1), { protocol: 'udp', service: serviceId('nginx.service'), privileged: true })],
  ])('say what they were made of (%s)', (_what, range) => {
    const blocks = entriesOf(range, 77n).map((entry) => blockOf(entry)!);
    expect(blocks.every(({ network }) => network === 77n)).toBe(true);
    expect(rangesOf(blocks)).toEqual([range]);
  });

  test('have the port in the network’s byte order at the end of the key', () => {
    const [{ key, value }] = entriesOf(reserved(ports(0x5234, 1), { token: 1n }), 3n) as [
      { key: Buffer; value: Buffer },
    ];
    expect(key.subarray(16).toString('hex')).toBe('5234');
    expect([key.length, value.length]).toEqual([18, 24]);
    expect(new DataView(key.buffer, key.byteOffset).getUint32(0, true)).toBe(112);
  });

  test.each([
    ['tokens', { token: 1n }, { token: 2n }],
    ['users', { userId: 1 }, {}],
    ['services', { service: 3n }, { service: 5n }],
    ['rights', { privileged: true }, {}],
  ])('of ranges side by side stay apart by their %s', (_what, one, other) => {
    const both = [reserved(ports(5000, 8), one), reserved(ports(5008, 8), other)];
    expect(rangesOf(both.flatMap((one) => entriesOf(one, 1n)).map((entry) => blockOf(entry)!))).toEqual(both);
  });
});

test('the number of a service is its own, and never 0', () => {
  const ids = ['nginx.service', 'nginx2.service', 'Nginx.service'].map(serviceId);
  expect(new Set(ids).size).toBe(3);
  expect(ids.every((id) => id > 0n && id < 2n ** 64n)).toBe(true);
});
