import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openService } from '../../../src/open-service.ts';
import { useOwnNetwork } from '../../kernel/held/support/own-network.ts';
import { ownHost } from '../../support/own-host.ts';

useOwnNetwork();

/** Aborts after so many turns of the event loop, unless the work has ended before. */
async function abortAfter(turns: number, work: (signal: AbortSignal) => Promise<unknown>) {
  const controller = new AbortController();
  let hasEnded = false;
  const outcome = work(controller.signal).then(
    () => {
      hasEnded = true;
      return 'done' as const;
    },
    (error) => {
      hasEnded = true;
      return error === controller.signal.reason ? ('cancelled' as const) : Promise.reject(error);
    },
  );
  for (let turn = 0; turn < turns && !hasEnded; turn++) await new Promise(setImmediate);
  const isInTime = !hasEnded;
  controller.abort();
  return { isInTime, outcome: await outcome };
}

test.each(['runtime', 'persistent'] as const)(
  'a %s creation that is cancelled before it has ended is there no more, whenever that is',
  async (lifetime) => {
    const service = await openService({ host: ownHost(), provider: 'ledger' });
    onTestFinished(() => service.close());
    const seen = new Set<string>();
    for (let turns = 0; !seen.has('done too late'); turns = turns < 40 ? turns + 1 : Math.ceil(turns * 1.2)) {
      const startPort = 21_500;
      const { isInTime, outcome } = await abortAfter(turns, (signal) =>
        service.create({ protocol: ['tcp', 'udp'], startPort, numberOfPorts: 2, lifetime }, { signal }),
      );
      expect(outcome, `after ${turns} turns`).toBe(isInTime ? 'cancelled' : 'done');
      seen.add(`${outcome} ${isInTime ? 'in time' : 'too late'}`);
      const { reservations } = await service.list();
      expect(reservations).toHaveLength(isInTime ? 0 : 2);
      if (isInTime) {
        const server = createServer().listen(startPort, '127.0.0.1');
        await once(server, 'listening');
        await new Promise((resolve) => server.close(resolve));
      }
    }
    expect([...seen].sort()).toEqual(['cancelled in time', 'done too late']);
  },
);

test('what was there already stays, though the call that returned it is cancelled', async () => {
  const service = await openService({ host: ownHost(), provider: 'ledger' });
  onTestFinished(() => service.close());
  const params = { protocol: 'tcp', startPort: 21_600, ifExists: 'return' } as const;
  await service.create(params);
  for (let turns = 0; turns < 20; turns++) await abortAfter(turns, (signal) => service.create(params, { signal }));
  expect((await service.list()).reservations).toHaveLength(1);
});
