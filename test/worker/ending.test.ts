import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Reservations } from '../../src/protocol/generated/contract.ts';
import { isFree } from '../support/is-free.ts';
import { lockLedger } from '../support/lock-ledger.ts';
import { only } from '../support/only.ts';
import { ownHome, type RawWorker, startRawWorker } from '../support/worker.ts';

const onPosix = process.platform !== 'win32';

/** Lets the worker hold a port. */
async function hold({ peer }: RawWorker): Promise<number> {
  peer.request('hold', 'reservation/create', { protocol: 'tcp' });
  const { range } = only((await peer.next()).result as unknown as Reservations);
  expect(await isFree(range.startPort)).toBe(false);
  return range.startPort;
}

async function recordsIn(env: NodeJS.ProcessEnv): Promise<unknown> {
  const { peer } = startRawWorker(onTestFinished, { env });
  peer.request(1, 'reservation/list');
  return (await peer.next()).result?.reservations;
}

describe('the worker ends, frees the ports and leaves no record', () => {
  const signals = onPosix ? (['SIGTERM', 'SIGINT', 'SIGHUP'] as const) : [];
  test.each<[string, (worker: RawWorker) => unknown, number | NodeJS.Signals]>([
    ['at the end of its input, with 0', ({ peer }) => peer.end(), 0],
    ['at exit without shutdown, with 1', ({ peer }) => peer.notify('exit'), 1],
    ['at a broken frame, with 1', ({ peer }) => peer.send('garbage\n'), 1],
    ['at an end of input inside a frame, with 1', ({ child }) => child.stdin.end('Content-'), 1],
    ['by SIGKILL', ({ child }) => child.kill('SIGKILL'), 'SIGKILL'],
    ...signals.map((signal): [string, (worker: RawWorker) => unknown, number] => {
      const code = 128 + { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }[signal];
      return [`by ${signal}, with ${code}`, ({ child }) => child.kill(signal), code];
    }),
  ])('%s', async (_title, end, code) => {
    const env = ownHome(onTestFinished);
    const worker = startRawWorker(onTestFinished, { env });
    const port = await hold(worker);
    end(worker);
    expect(await worker.ended).toBe(code);
    expect(await isFree(port)).toBe(true);
    expect(await recordsIn(env)).toEqual([]);
  });
});

test('shutdown frees the ports at once; exit after it ends with 0', async () => {
  const worker = startRawWorker(onTestFinished);
  const port = await hold(worker);
  worker.peer.request(1, 'shutdown');
  expect((await worker.peer.next()).result).toBe(null);
  expect(await isFree(port)).toBe(true);
  worker.peer.request(2, 'reservation/list');
  expect((await worker.peer.next()).error?.code).toBe(-32600);
  worker.peer.notify('exit');
  expect(await worker.ended).toBe(0);
});

test('requests before the end of input are answered', async () => {
  const { peer, ended } = startRawWorker(onTestFinished);
  for (const id of [1, 2, 3]) peer.request(id, 'reservation/create', { protocol: 'udp' });
  peer.end();
  expect(await ended).toBe(0);
  expect(peer.rest.map(({ id, error }) => [id, error])).toEqual([1, 2, 3].map((id) => [id, undefined]));
});

test('a signal ends a worker that waits for the lock of the ledger', async () => {
  const env = ownHome(onTestFinished);
  const worker = startRawWorker(onTestFinished, { env });
  await hold(worker);
  const unlock = await lockLedger(env.PORT_RESERVATION_HOME!);
  onTestFinished(unlock);
  worker.peer.request(1, 'reservation/create', { protocol: 'tcp' });
  worker.peer.request(2, 'reservation/list');
  await worker.peer.next();
  worker.child.kill('SIGTERM');
  expect(await worker.peer.next()).toMatchObject({ id: 1, error: { code: -32800 } });
  worker.child.kill('SIGTERM'); // the second does not wait for the records to be freed
  expect(await worker.ended).toBe(onPosix ? 143 : 'SIGTERM');
});

test('a worker whose output is closed ends with 1 and frees the ports', async () => {
  const worker = startRawWorker(onTestFinished);
  const port = await hold(worker);
  worker.child.stdout.destroy();
  worker.peer.request(1, 'reservation/list');
  expect(await worker.ended).toBe(1);
  expect(await isFree(port)).toBe(true);
});

test('a worker whose log is closed goes on', async () => {
  const worker = startRawWorker(onTestFinished);
  worker.child.stderr.destroy();
  for (const id of [1, 2]) {
    worker.peer.notify('no/such');
    worker.peer.request(id, 'reservation/list');
    expect((await worker.peer.next()).id).toBe(id);
  }
});

describe('the client named by processId', () => {
  /** A process that lives until it is killed. */
  async function client(): Promise<ChildProcess> {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'spawn');
    return child;
  }

  test('ends the worker by its death, though the input stays open', async () => {
    const worker = startRawWorker(onTestFinished);
    const child = await client();
    worker.peer.request(1, 'initialize', { processId: child.pid });
    expect((await worker.peer.next()).result).toBeDefined();
    const port = await hold(worker);
    child.kill('SIGKILL');
    expect(await worker.ended).toBe(0);
    expect(await isFree(port)).toBe(true);
    expect(worker.log()).toContain('the client is gone');
  });

  test('that is gone already ends it at once', async () => {
    const child = await client();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const worker = startRawWorker(onTestFinished);
    worker.peer.request(1, 'initialize', { processId: child.pid });
    expect(await worker.ended).toBe(0);
  });

  test('that lives lets the worker work', async () => {
    const worker = startRawWorker(onTestFinished);
    worker.peer.request(1, 'initialize', { processId: (await client()).pid });
    expect((await worker.peer.next()).result).toBeDefined();
    await hold(worker);
    worker.peer.end();
    expect(await worker.ended).toBe(0);
  });
});

test.skipIf(!onPosix)(
  'a fault nobody planned is logged with its stack and ends with 70 (needs POSIX signals)',
  async () => {
    const planted = 'process.on("SIGUSR2", () => { throw new Error("planted") })';
    const env = {
      ...ownHome(onTestFinished),
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(planted)}`,
    };
    const worker = startRawWorker(onTestFinished, { env });
    const port = await hold(worker);
    worker.child.kill('SIGUSR2');
    expect(await worker.ended).toBe(70);
    const error = { message: 'planted', stack: expect.stringContaining('planted') };
    expect(JSON.parse(worker.log())).toMatchObject({ level: 'error', error });
    expect(await isFree(port)).toBe(true);
  },
);
