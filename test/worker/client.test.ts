import { spawn } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { thisHost } from '../../src/host.ts';
import { packageVersion } from '../../src/protocol/generated/contract.ts';
import { startWorker } from '../../src/rpc/client/client.ts';
import type { Progress } from '../../src/service/call-options.ts';
import { only } from '../support/only.ts';
import { ownHome } from '../support/worker.ts';

test('the client starts the built worker, reserves, lists and frees', async () => {
  const env = ownHome(onTestFinished);
  await using worker = await startWorker({ env, provider: 'ledger' });
  expect(worker.server).toMatchObject({ provider: 'ledger', serverInfo: { version: packageVersion } });
  const created = only(await worker.request('reservation/create', { protocol: 'tcp', numberOfPorts: 3, name: 'ü 🚢' }));
  expect(created.owner?.processId).toBe(worker.processId);
  expect(await worker.request('reservation/list', { name: 'ü*' })).toEqual({ reservations: [created] });
  expect(only(await worker.request('reservation/release', { token: created.token }))).toEqual(created);
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

test('the worker of this package ends with the process that it was started for', async () => {
  const sleeper = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
  onTestFinished(() => void sleeper.kill('SIGKILL'));
  const worker = await startWorker({ env: ownHome(onTestFinished), host: { ...thisHost(), processId: sleeper.pid! } });
  sleeper.kill('SIGKILL');
  const isGone = () =>
    worker.request('reservation/list', {}).then(
      () => false,
      (error) => error.end.exitCode === 0,
    );
  await expect.poll(isGone, { timeout: 50_000 }).toBe(true);
});

test('a provider of another system fails the start and leaves no worker', async () => {
  const provider = process.platform === 'win32' ? 'linux' : 'windows';
  const start = startWorker({ env: ownHome(onTestFinished), provider });
  await expect(start).rejects.toMatchObject({ name: 'ServiceError', errorName: 'NotSupported' });
});

const scan = (protocol: 'tcp' | 'udp', numberOfPorts: number) => ({
  protocol: [protocol],
  ranges: [{ startPort: 20_000, numberOfPorts }],
});

test('two calls at once are each told their own progress', async () => {
  await using worker = await startWorker({ env: ownHome(onTestFinished) });
  const told: Progress[][] = [[], []];
  const [first, second] = await Promise.all([
    worker.request('port/inspect', scan('tcp', 3000), { onProgress: (progress) => told[0]!.push(progress) }),
    worker.request('port/inspect', scan('udp', 2000), { onProgress: (progress) => told[1]!.push(progress) }),
  ]);
  expect([first.ports.length, second.ports.length]).toEqual([3000, 2000]);
  for (const [index, total] of [3000, 2000].entries()) {
    const title = 'Looking at ports';
    expect(told[index]![0]).toEqual({ title, message: `0 of ${total} ports`, percentage: 0 });
    expect(told[index]!.at(-1)).toEqual({ title, message: `${total} of ${total} ports`, percentage: 100 });
  }
});

test('progress of a method that has none is refused, by the compiler and by the worker', async () => {
  await using worker = await startWorker({ env: ownHome(onTestFinished) });
  // @ts-expect-error reservation/list takes no workDoneToken
  const call = worker.request('reservation/list', {}, { onProgress: () => {} });
  await expect(call).rejects.toMatchObject({ errors: [{ field: 'workDoneToken' }] });
});

test('a scan that is cancelled rejects with the reason, and the worker goes on', async () => {
  await using worker = await startWorker({ env: ownHome(onTestFinished) });
  const controller = new AbortController();
  const { signal } = controller;
  const onProgress = ({ percentage }: Progress) => percentage && controller.abort(new Error('enough'));
  const both = { protocol: ['tcp', 'udp'] as ('tcp' | 'udp')[], ranges: [{ startPort: 1, numberOfPorts: 65_535 }] };
  await expect(worker.request('port/inspect', both, { signal, onProgress })).rejects.toThrow('enough');
  expect(await worker.request('reservation/list', {})).toEqual({ reservations: [] });
});
