import { describe, expect, test } from 'vitest';
import type {
  PortExclusion,
  PortHolder,
  PortRange,
  ProtocolMap,
  Reservation,
} from '../../../src/protocol/generated/contract.ts';
import { endPort } from '../../../src/protocol/ranges.ts';
import { type MapInput, portMap } from '../../../src/service/ports/map.ts';

const between = (first: number, last = first): PortRange => ({ startPort: first, numberOfPorts: last - first + 1 });
const dynamicRange = between(50_000, 59_999);
const excluded = (range: PortRange, administered: boolean): PortExclusion => ({
  protocol: 'tcp',
  range,
  store: 'active',
  source: 'netsh',
  administered,
  own: false,
});
const reservation = (facts: Partial<Reservation>) =>
  ({ protocol: 'tcp', range: between(5000, 5009), lifetime: 'runtime', name: 'web', ...facts }) as Reservation;
const holder = (facts: Partial<PortHolder>): PortHolder => ({ state: 'listening', addresses: ['::'], ...facts });

function map(
  present: Partial<MapInput>,
  reservations: Reservation[] = [],
  holders: [number, PortHolder[]][] = [],
): ProtocolMap {
  const found = new Map(holders.map(([port, those]) => [port, those.map((one) => ({ holder: one }))]));
  return portMap('tcp', { exclusions: [], dynamicRange, warnings: [], ...present, holders: found }, reservations);
}

/** The map in short: from where on the ports are what. */
const inShort = ({ segments }: ProtocolMap) =>
  segments.map(({ range, kind, label }) => [range.startPort, kind, label].filter((one) => one !== undefined).join(' '));

test('every port has one place, and the counts are theirs', () => {
  const { segments, counts } = map({
    firstUnprivilegedPort: 1024,
    exclusions: [excluded(between(0, 0), true), excluded(between(65_000, 65_535), false)],
  });
  let next = 1;
  for (const { range } of segments) {
    expect(range.startPort).toBe(next);
    next = endPort(range) + 1;
  }
  expect(next).toBe(65_536);
  expect(counts).toEqual({
    free: 65_535 - 1023 - 10_000 - 536,
    inDynamicRange: 10_000,
    privileged: 1023,
    excludedByAdministrator: 0,
    excludedBySystem: 536,
    inUse: 0,
    reserved: 0,
    listening: 0,
  });
});

describe('of what is true at once the most remarkable is told', () => {
  test('an exclusion before the dynamic range, and one of the system before an administrator’s', () => {
    const exclusions = [excluded(between(50_100, 50_299), false), excluded(between(50_200, 50_399), true)];
    expect(inShort(map({ exclusions }))).toEqual([
      '1 free',
      '50000 inDynamicRange',
      '50100 excludedBySystem netsh',
      '50300 excludedByAdministrator netsh',
      '50400 inDynamicRange',
      '60000 free',
    ]);
  });

  test('a reservation before the exclusion that it made, also of a part', () => {
    const { segments } = map({ exclusions: [excluded(between(5005, 5020), true)] }, [reservation({})]);
    expect(inShort({ segments } as ProtocolMap).slice(1, 4)).toEqual([
      '5000 reserved web',
      '5005 reserved web',
      '5010 excludedByAdministrator netsh',
    ]);
    expect(segments[1]!.exclusion).toBeUndefined();
    expect(segments[2]).toMatchObject({
      range: between(5005, 5009),
      reservation: { name: 'web' },
      exclusion: { source: 'netsh' },
    });
  });

  test('a listener inside a reservation, and not the process that holds it', () => {
    const held = reservation({ owner: { user: 'ada', processId: 7 } });
    const own = holder({ processId: 7, processName: 'node', commandLine: 'node worker.mjs' });
    const other = holder({ processId: 8, processName: 'nginx' });
    const { segments } = map(
      {},
      [held],
      [
        [5000, [own]],
        [5001, [own]],
        [5002, [own, other]],
        [5003, [own]],
      ],
    );
    expect(inShort({ segments } as ProtocolMap).slice(1, 5)).toEqual([
      '5000 reserved web',
      '5002 listening node',
      '5003 reserved web',
      '5004 reserved web',
    ]);
    expect(segments[1]).toEqual({
      range: between(5000, 5001),
      kind: 'reserved',
      label: 'web',
      reservation: held,
      holders: [{ state: 'listening', addresses: ['::'], processId: 7, processName: 'node' }],
    });
  });

  test('connections are in use, in a reservation they are reserved', () => {
    const connected = holder({ state: 'connected', processId: 9, processName: 'curl' });
    const closing = holder({ state: 'closing' });
    const short = inShort(
      map(
        { firstUnprivilegedPort: 1024 },
        [reservation({})],
        [
          [80, [closing]],
          [5000, [connected]],
          [50_001, [connected]],
          [50_002, [connected]],
        ],
      ),
    );
    expect(short).toEqual([
      '1 privileged',
      '80 inUse',
      '81 privileged',
      '1024 free',
      '5000 reserved web',
      '5001 reserved web',
      '5010 free',
      '50000 inDynamicRange',
      '50001 inUse curl',
      '50003 inDynamicRange',
      '60000 free',
    ]);
  });
});

test('what is not seen of owners is said, beside what the provider says; closing connections have none', () => {
  const hidden = holder({ user: 'postgres' });
  expect(
    map(
      { warnings: ['No sockets.'] },
      [],
      [
        [22, [hidden]],
        [23, [hidden]],
        [24, [holder({ state: 'closing' })]],
      ],
    ).warnings,
  ).toEqual([
    'No sockets.',
    'Of 2 ports the processes cannot be seen from here: they are of other users, or outside this container.',
  ]);
  expect(map({}, [], [[22, [hidden]]]).warnings?.[0]).toMatch(/^Of 1 port the process cannot/);
  expect(map({})).not.toHaveProperty('warnings');
});
