import { expect, onTestFinished, test } from 'vitest';
import { openService } from '../../../src/open-service.ts';
import { refusal } from '../../support/machine.ts';
import { ownHost } from '../../support/own-host.ts';

const open = async () => {
  const service = await openService({ provider: 'ledger', host: ownHost() });
  onTestFinished(() => service.close());
  return service;
};

test.each(['runtime', 'persistent'] as const)(
  'a provider without it refuses what a %s request asks of the kernel',
  async (lifetime) => {
    const service = await open();
    for (const enforcement of ['kernel', 'ephemeralOnly'] as const) {
      for (const whatIf of [true, false]) {
        const { errorName, message } = await refusal(
          service.create({ protocol: 'tcp', lifetime, enforcement, whatIf }),
        );
        expect([errorName, message]).toEqual(['NotSupported', expect.stringContaining('The ledger provider cannot')]);
      }
    }
    expect((await service.list()).reservations).toEqual([]);
  },
);

test('children are let in by a provider alone that can', async () => {
  const service = await open();
  const { reservations } = await service.create({ protocol: 'tcp' });
  expect((await refusal(service.admitChildren(reservations))).errorName).toBe('NotSupported');
});
