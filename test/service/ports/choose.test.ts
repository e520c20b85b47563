import { describe, expect, test } from 'vitest';
import { ServiceError } from '../../../src/protocol/errors.ts';
import type { PortRange } from '../../../src/protocol/generated/contract.ts';
import { PortSet } from '../../../src/protocol/port-set.ts';
import { claimFreeRange, defaultWindow, portsToAvoid } from '../../../src/service/ports/choose.ts';

const window = { startPort: 20000, numberOfPorts: 100 };
const request = { protocols: ['tcp'], numberOfPorts: 10, window } as const;
const claimAll = async (range: PortRange) => range.startPort;
const refusing =
  (ports: number[], withPort = true) =>
  async (range: PortRange) => {
    const port =
      PortSet.of([range]).firstIn(range) &&
      ports.find((one) => one >= range.startPort && one < range.startPort + range.numberOfPorts);
    if (port === undefined) return range.startPort;
    throw new ServiceError('PortInUse', 'in use', withPort ? { port } : {});
  };

describe('the default window', () => {
  test.each([
    ['Linux', 32768, 28232, 100, 10000, 32767],
    ['Windows', 49152, 16384, 100, 10000, 49151],
    ['a low dynamic range with room above', 1024, 13977, 100, 15001, 65535],
    ['a dynamic range over everything', 1024, 64512, 100, 10000, 65535],
    ['more ports than fit below', 20000, 20000, 15000, 40000, 65535],
  ])('%s', (_, startPort, numberOfPorts, wanted, first, last) => {
    expect(defaultWindow({ startPort, numberOfPorts }, wanted)).toEqual({
      startPort: first,
      numberOfPorts: last - first + 1,
    });
  });
});

describe('the search', () => {
  test.each([
    ['from the start', 0, 20000],
    ['from the middle', 0.5, 20045],
    ['from the last place', 0.999, 20090],
  ])('begins %s of the window', async (_, random, startPort) => {
    const { range } = await claimFreeRange(request, { avoid: new PortSet() }, claimAll, () => random);
    expect(range).toEqual({ startPort, numberOfPorts: 10 });
  });

  test('finds the only hole, wherever it begins', async () => {
    const avoid = PortSet.of([
      { startPort: 20000, numberOfPorts: 37 },
      { startPort: 20047, numberOfPorts: 53 },
    ]);
    for (const random of [0, 0.2, 0.41, 0.5, 0.999]) {
      const { range } = await claimFreeRange(request, { avoid }, claimAll, () => random);
      expect(range.startPort).toBe(20037);
    }
  });

  test('goes on behind a port that the claim found taken', async () => {
    const { range } = await claimFreeRange(request, { avoid: new PortSet() }, refusing([20005, 20012]), () => 0);
    expect(range.startPort).toBe(20013);
  });

  test('goes on behind the block when the claim cannot name the port', async () => {
    const { range } = await claimFreeRange(request, { avoid: new PortSet() }, refusing([20005], false), () => 0);
    expect(range.startPort).toBe(20010);
  });

  test('comes round to what lies before its start', async () => {
    const taken = Array.from({ length: 60 }, (_, index) => 20040 + index);
    const { range } = await claimFreeRange(request, { avoid: new PortSet() }, refusing(taken), () => 0.6);
    expect(range.startPort).toBeLessThanOrEqual(20030);
  });

  test('ends with NoFreeRange when every hole is refused, after asking for each port once at most', async () => {
    let asked = 0;
    const refuse = async (range: PortRange) => {
      asked++;
      throw new ServiceError('PortInUse', 'in use', { port: range.startPort });
    };
    await expect(claimFreeRange(request, { avoid: new PortSet() }, refuse)).rejects.toMatchObject({
      errorName: 'NoFreeRange',
    });
    expect(asked).toBeLessThanOrEqual(100);
  });

  const wide = { protocols: ['tcp'], numberOfPorts: 1, window: { startPort: 20_000, numberOfPorts: 10_000 } } as const;

  test('strides over thousands of ports that are refused one after the other, and comes back to what it passed', async () => {
    const asked: number[] = [];
    const wall = async ({ startPort }: PortRange) => {
      asked.push(startPort);
      if (startPort !== 21_500 && startPort < 24_500)
        throw new ServiceError('PortInUse', 'in use', { port: startPort });
    };
    const { range } = await claimFreeRange(wide, { avoid: new PortSet() }, wall, () => 0);
    expect(range.startPort).toBeGreaterThanOrEqual(24_500);
    expect(asked.slice(0, 5)).toEqual([20_000, 20_001, 20_017, 20_081, 20_337]);
    expect(asked.length).toBeLessThan(10);
    const narrow = { ...wide, window: { startPort: 20_000, numberOfPorts: 4000 } };
    const only = await claimFreeRange(narrow, { avoid: new PortSet() }, wall, () => 0);
    expect(only.range.startPort).toBe(21_500);
  });

  test('goes on behind all that is known to be refused with a port', async () => {
    let asked = 0;
    const refuse = async ({ startPort }: PortRange) => {
      asked++;
      if (startPort > 29_000) return;
      const error = new ServiceError('RangeReserved', 'reserved', { port: startPort });
      error.taken = { startPort: 15_000, numberOfPorts: 14_001 };
      throw error;
    };
    const { range } = await claimFreeRange(wide, { avoid: new PortSet() }, refuse, () => 0.5);
    expect([range.startPort, asked]).toEqual([29_001, 2]);
    const inside = { ...wide, window: { startPort: 20_000, numberOfPorts: 4000 } };
    await expect(claimFreeRange(inside, { avoid: new PortSet() }, refuse)).rejects.toMatchObject({
      errorName: 'NoFreeRange',
    });
    expect(asked).toBe(3);
  });

  test('says with what the last port was refused, and what helps against that', async () => {
    const facts = { port: 20000, osCode: 'EPERM', osFunction: 'bind', hint: 'A policy refuses it.' };
    const refuse = async ({ startPort }: PortRange) => {
      throw new ServiceError('AccessDenied', `No permission to bind tcp ${startPort}.`, { ...facts, port: startPort });
    };
    await expect(claimFreeRange(request, { avoid: new PortSet() }, refuse)).rejects.toMatchObject({
      errorName: 'NoFreeRange',
      message: expect.stringMatching(/ The last refusal: No permission to bind tcp 20\d\d\d\.$/),
      facts: { osCode: 'EPERM', osFunction: 'bind', hint: 'A policy refuses it.' },
    });
  });

  test('hands on a failure that is not about ports', async () => {
    const failure = new ServiceError('AccessDenied', 'no');
    const refuse = async () => {
      throw failure;
    };
    await expect(claimFreeRange(request, { avoid: new PortSet() }, refuse)).rejects.toBe(failure);
  });
});

describe('the ports to avoid', () => {
  const survey = {
    inUse: PortSet.of([{ startPort: 21000, numberOfPorts: 1 }]),
    excluded: PortSet.of([{ startPort: 22000, numberOfPorts: 2 }]),
    redirected: PortSet.of([{ startPort: 24000, numberOfPorts: 1 }]),
    announced: PortSet.of([{ startPort: 24002, numberOfPorts: 1 }]),
  };
  const reserved = [{ startPort: 23000, numberOfPorts: 3 }];

  test('are those in use, excluded, reserved, blocked by browsers, and well known', () => {
    const avoid = portsToAvoid(survey, reserved, { numberOfPorts: 1000, isChosenHere: true });
    for (const port of [21000, 22001, 23002, 24000, 24002, 10080, 5432]) expect(avoid.has(port)).toBe(true);
    for (const port of [20999, 22002, 23003]) expect(avoid.has(port)).toBe(false);
  });

  test('are only the taken ones for a block too large to go round the rest', () => {
    const avoid = portsToAvoid(survey, reserved, { numberOfPorts: 1001, isChosenHere: true });
    for (const port of [21000, 22001, 23002]) expect(avoid.has(port)).toBe(true);
    for (const port of [10080, 5432]) expect(avoid.has(port)).toBe(false);
  });

  test('are only the taken ones in a window of the caller’s own', () => {
    const avoid = portsToAvoid(survey, reserved, { numberOfPorts: 1, isChosenHere: false });
    for (const port of [21000, 22001, 23002, 24000, 24002]) expect(avoid.has(port)).toBe(true);
    for (const port of [10080, 5432]) expect(avoid.has(port)).toBe(false);
  });
});
