import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInLab } from '../lab/lab.ts';
import { LabWindows } from './support/lab-windows.ts';
import { eachMachine } from './support/windows.ts';

describeInLab('a Windows before build 17763', () => {
  const windows = new LabWindows('node22');
  beforeAll(() => windows.open());
  afterAll(() => windows.close());
  const machine = eachMachine(windows);

  test.each([
    [17_134, 1],
    [17_763, 0],
  ])('is warned of once, with a runtime reservation alone (%i)', async (build, times) => {
    const worker = await machine().worker({ elevated: true, faults: { RtlGetVersion: build } });
    const startPort = await machine().block(4);
    const warningsOf = async (more: object) =>
      (await worker.request('reservation/create', { protocol: 'tcp', ...more })).warnings ?? [];
    expect(await warningsOf({ startPort, lifetime: 'persistent' })).toEqual([]);
    const first = await warningsOf({ startPort: startPort + 1 });
    expect(first).toEqual(Array(times).fill(expect.stringMatching(/build 17134\b.*from build 17763 on/)));
    expect(await warningsOf({})).toEqual([]);
  });
});
