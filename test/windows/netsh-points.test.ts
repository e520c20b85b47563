import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInLab } from '../lab/lab.ts';
import { natPoint, netshPoints, ordinaryPoints } from './netsh-points.ts';
import { LabWindows } from './support/lab-windows.ts';
import { eachMachine } from './support/windows.ts';

// The simulated machine has to answer what the questions say it assumes; a real one answers in test:live.
describeInLab('what netsh does, asked', () => {
  const windows = new LabWindows('node22');
  beforeAll(() => windows.open());
  afterAll(() => windows.close());
  const machine = eachMachine(windows);
  const admin = () => machine().caller({ elevated: true });

  test.each(netshPoints)('$question', async ({ assumed, ask }) => {
    const [caller, other] = [await admin(), await admin()];
    expect(await ask({ caller, other, start: await machine().block(16) })).toEqual(assumed);
  });

  test(natPoint.question, async () => {
    const [caller, start] = [await admin(), await machine().block(16)];
    const asking = { caller, other: caller, start };
    expect(await natPoint.ask(asking)).toBeUndefined();
    await caller.call('winnatTakes', 'tcp', start, 4);
    expect(await natPoint.ask(asking)).toEqual(natPoint.assumed);
  });

  test.each(ordinaryPoints)('$question', async ({ assumed, ask }) => {
    const [maker, start] = [await admin(), await machine().block(16)];
    const prepared = { reserved: start, excluded: start + 4 };
    await maker.call('create', 'tcp', prepared.reserved, 1);
    await maker.call('netsh', 'int', 'ipv4', 'add', 'excludedportrange', 'tcp', `${prepared.excluded}`, '1');
    expect(await ask(await machine().caller(), prepared)).toEqual(assumed);
  });
});
