import { expect, onTestFinished, test } from 'vitest';
import { packageVersion } from '../../src/protocol/generated/contract.ts';
import { startWorker } from '../../src/rpc/client.ts';
import { ownHome } from '../support/worker.ts';

test('the client starts the built worker, reserves, lists and frees', async () => {
  const env = ownHome(onTestFinished);
  await using worker = await startWorker({ env, provider: 'ledger' });
  expect(worker.server).toMatchObject({ provider: 'ledger', serverInfo: { version: packageVersion } });
  const created = await worker.request('reservation/create', { protocol: 'tcp', numberOfPorts: 3, name: 'ü 🚢' });
  expect(created.owner?.processId).toBe(worker.processId);
  expect(await worker.request('reservation/list', { name: 'ü*' })).toEqual({ reservations: [created] });
  expect(await worker.request('reservation/release', { token: created.token })).toEqual(created);
  const again = worker.request('reservation/release', { token: created.token });
  await expect(again).rejects.toMatchObject({ name: 'ServiceError', errorName: 'NotFound' });
  const wrong = worker.request('reservation/create', { protocol: 'tcp', startPort: 0 });
  await expect(wrong).rejects.toMatchObject({ errors: [{ field: 'startPort', message: 'must be 1 to 65535' }] });
});

test('a block that is left ends the worker', async () => {
  const env = ownHome(onTestFinished);
  {
    await using worker = await startWorker({ env });
    await worker.request('reservation/create', { protocol: 'udp' });
  }
  await using next = await startWorker({ env });
  expect(await next.request('reservation/list', {})).toEqual({ reservations: [] });
});

test('a provider of another system fails the start and leaves no worker', async () => {
  const provider = process.platform === 'win32' ? 'linux' : 'windows';
  const start = startWorker({ env: ownHome(onTestFinished), provider });
  await expect(start).rejects.toMatchObject({ name: 'ServiceError', errorName: 'NotSupported' });
});
