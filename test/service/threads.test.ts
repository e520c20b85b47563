import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Reservation } from '../../src/protocol/generated/contract.ts';
import { ledgerIn, temporaryFolder } from '../ledger/support/homes.ts';

const library = join(import.meta.dirname, '../../dist/lib/index.js');

const script = `
const { parentPort, workerData } = require('node:worker_threads');
(async () => {
  const { openService } = await import(workerData.library);
  const service = await openService();
  for (const protocol of ['tcp', 'udp']) {
    const made = await service.create({ protocol, numberOfPorts: 2, name: workerData.name });
    parentPort.postMessage(made.reservations[0]);
  }
  const again = await service.create({ protocol: 'tcp', numberOfPorts: 1 });
  await service.release({ token: again.reservations[0].token });
  parentPort.postMessage('done');
  if (workerData.closes) await service.close();
  if (workerData.ends) process.exit(0);
  setInterval(() => {}, 1e6);
})();
`;

interface Thread {
  worker: Worker;
  made: Reservation[];
}

/** A thread that reserves ports, as those of test runners and pools do. */
async function startThread(home: string, data: { closes?: boolean; ends?: boolean } = {}): Promise<Thread> {
  const worker = new Worker(script, {
    eval: true,
    workerData: { library, name: 'thread', ...data },
    env: { ...process.env, PORT_RESERVATION_HOME: home },
  });
  onTestFinished(async () => void (await worker.terminate()));
  const made: Reservation[] = [];
  for (;;) {
    const [said] = await once(worker, 'message');
    if (said === 'done') return { worker, made };
    made.push(said);
  }
}

function listens(port: number): Promise<string> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
    server.listen(port, () => server.close(() => resolve('free')));
  });
}

test('what a thread reserved is held while it runs, and freed when it is terminated', async () => {
  const home = temporaryFolder();
  const { worker, made } = await startThread(home);
  const other = await startThread(home);
  const port = made[0]!.range.startPort;
  const ledger = await ledgerIn(home);
  expect(await listens(port)).toBe('EADDRINUSE');
  expect(await ledger.read()).toHaveLength(4);
  await worker.terminate();
  expect(await listens(port)).toBe('free');
  expect(await ledger.read()).toEqual(other.made);
  expect(await listens(other.made[0]!.range.startPort)).toBe('EADDRINUSE');
});

test('and when it ends by itself', async () => {
  const home = temporaryFolder();
  const { worker, made } = await startThread(home, { ends: true });
  if (worker.threadId !== -1) await once(worker, 'exit');
  expect(await listens(made[0]!.range.startPort)).toBe('free');
  expect(await (await ledgerIn(home)).read()).toEqual([]);
});

test('and when its service is closed', async () => {
  const home = temporaryFolder();
  const { made } = await startThread(home, { closes: true });
  await vi.waitUntil(async () => (await listens(made[0]!.range.startPort)) === 'free', { timeout: 30_000 });
  await vi.waitUntil(async () => (await (await ledgerIn(home)).read()).length === 0, { timeout: 30_000 });
});
