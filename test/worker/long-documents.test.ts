import { expect, onTestFinished, test } from 'vitest';
import { startWorker } from '../../src/rpc/client/client.ts';
import { ownHome } from '../support/worker.ts';

const count = 1000;
const entries = Array.from({ length: count }, (_, index) => ({
  protocol: 'tcp',
  startPort: 20_000 + 2 * index,
  numberOfPorts: 1,
}));

/** Documents that take their time, each by another kind of step. */
const documents = {
  'new exclusions': { exclusions: entries },
  'new reservations': { reservations: entries },
};

test.each(Object.entries(documents))('others are served during a long document of %s', async (_, document) => {
  const worker = await startWorker({ env: ownHome(onTestFinished), provider: 'linux' });
  onTestFinished(() => worker.close());
  let isDone = false;
  const text = JSON.stringify({ name: 'long', ...document });
  const params = { text, format: 'json', whatIf: true } as const;
  const done = worker.request('desiredState/apply', params).then((result) => {
    isDone = true;
    return result;
  });
  let served = 0;
  while (!isDone) {
    await worker.request('system/dynamicRange', { protocol: 'tcp' });
    served++;
  }
  expect((await done).changes.length).toBeGreaterThanOrEqual(count);
  // Where the work takes no turns, they wait for all of it.
  expect(served).toBeGreaterThan(10);
});
