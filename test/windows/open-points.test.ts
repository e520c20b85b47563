import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInLab } from '../lab/lab.ts';
import { nodeRoute } from '../live/node-route.ts';
import { openPoints } from './open-points.ts';
import { LabWindows } from './support/lab-windows.ts';
import { eachMachine } from './support/windows.ts';

// The questions for a real Windows are put to the simulated one, which has to answer what they say it assumes.
describeInLab('open points', () => {
  const windows = new LabWindows('node22');
  beforeAll(() => windows.open());
  afterAll(() => windows.close());
  const machine = eachMachine(windows);

  test.each(openPoints)('$question', async ({ needsElevation, assumed, ask }) => {
    const [caller, other] = [
      await machine().caller({ elevated: needsElevation }),
      await machine().caller({ elevated: needsElevation }),
    ];
    expect(await ask({ caller, other, start: await machine().block(16) })).toEqual(assumed);
  });

  test('a socket with a token can be given to a server of Node', async () => {
    const answer = await nodeRoute(machine(), await machine().block(2));
    expect(answer).toEqual({ acquire: 0, associate: 0, open: 0, bind: 0, inBlock: expect.toBeOneOf([0, 1]) });
  });
});
