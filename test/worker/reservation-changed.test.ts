import { expect, onTestFinished, test } from 'vitest';
import type { Reservation, ReservationChangedParams } from '../../src/protocol/generated/contract.ts';
import { startWorker, type WorkerClient } from '../../src/rpc/client/client.ts';
import { only } from '../support/only.ts';
import { ownHome, startRawWorker } from '../support/worker.ts';

async function start(env: NodeJS.ProcessEnv, onReservationChanged?: (change: ReservationChangedParams) => void) {
  const worker = await startWorker({ env, provider: 'ledger', onReservationChanged });
  onTestFinished(() => worker.close());
  return worker;
}

/** A worker that is told of changes, and what it is told, to be waited for. */
async function startWatching(env: NodeJS.ProcessEnv) {
  const changes: ReservationChangedParams[] = [];
  let notice = () => {};
  const worker = await start(env, (change) => {
    changes.push(change);
    notice();
  });
  /** Waits until so many reservations in all have been added and removed, and gives what was told since the last time. */
  const next = async (added: number, removed: number): Promise<ReservationChangedParams[]> => {
    const count = (key: keyof ReservationChangedParams) => changes.flatMap((change) => change[key]).length;
    while (count('added') < added || count('removed') < removed) {
      await new Promise<void>((resolve) => {
        notice = resolve;
      });
    }
    return changes.splice(0);
  };
  return { worker, next };
}

const create = async (worker: WorkerClient, name: string, numberOfPorts = 1): Promise<Reservation> =>
  only(await worker.request('reservation/create', { protocol: 'tcp', numberOfPorts, name }));

test('what another worker and this one add and remove is told, as the list has it', async () => {
  const env = ownHome(onTestFinished);
  const other = await start(env);
  await create(other, 'there before');
  const { worker, next } = await startWatching(env);

  const theirs = await create(other, 'theirs', 3);
  expect(await next(1, 0)).toEqual([{ added: [theirs], removed: [] }]);
  const own = await create(worker, 'own');
  expect(await next(1, 0)).toEqual([{ added: [own], removed: [] }]);
  expect((await worker.request('reservation/list', { name: 'own' })).reservations).toEqual([own]);
  await other.request('reservation/release', { token: theirs.token });
  expect(await next(0, 1)).toEqual([{ added: [], removed: [theirs] }]);
});

test('what a killed worker held is told as removed', async () => {
  const env = ownHome(onTestFinished);
  const { next } = await startWatching(env);
  const other = await start(env);
  const made = [await create(other, 'one'), await create(other, 'two')];
  await next(2, 0);
  process.kill(other.processId, 'SIGKILL');
  const removed = (await next(0, 2)).flatMap((change) => change.removed);
  expect(removed.map(({ name }) => name).sort()).toEqual(made.map(({ name }) => name).sort());
});

test('many changes at once are told each once, in as many notifications or fewer', async () => {
  const env = ownHome(onTestFinished);
  const { next } = await startWatching(env);
  const others = [await start(env), await start(env)];
  const made = await Promise.all(Array.from({ length: 20 }, (_, index) => create(others[index % 2]!, `n${index}`)));
  const changes = await next(20, 0);
  expect(changes.length).toBeLessThanOrEqual(20);
  const named = (reservations: readonly Reservation[]) => reservations.map(({ name }) => name).sort();
  expect(named(changes.flatMap(({ added }) => added))).toEqual(named(made));
  expect(changes.flatMap(({ removed }) => removed)).toEqual([]);
});

test('a worker tells nobody who did not ask, and ends with its input although it watches', async () => {
  const env = ownHome(onTestFinished);
  const [silent, watching] = [startRawWorker(onTestFinished, { env }), startRawWorker(onTestFinished, { env })];
  silent.peer.request(1, 'initialize');
  await silent.peer.next();
  watching.peer.request(1, 'initialize', { capabilities: { reservationChanged: true } });
  await watching.peer.next();

  silent.peer.request(2, 'reservation/create', { protocol: 'udp' });
  expect((await silent.peer.next()).id).toBe(2);
  expect(await watching.peer.next()).toMatchObject({ method: 'reservation/changed', params: { removed: [] } });
  silent.peer.request(3, 'reservation/list');
  expect((await silent.peer.next()).id).toBe(3);

  watching.peer.end();
  expect(await watching.ended).toBe(0);
  expect(silent.peer.rest).toEqual([]);
});

test('for a client that does not read nothing piles up, and it is told how all ended', async () => {
  const env = ownHome(onTestFinished);
  const { child, peer } = startRawWorker(onTestFinished, { env });
  peer.request(1, 'initialize', { provider: 'ledger', capabilities: { reservationChanged: true } });
  await peer.next();
  child.stdout.pause();
  const other = await start(env);
  const times = 12;
  // More than the pipe and both its ends keep.
  const reason = '\u{1f6a2}'.repeat(250);
  for (let time = 1; time <= times; time++) {
    const reservations = Array.from({ length: 40 }, (_, index) => ({
      protocol: 'tcp',
      startPort: 20_000 + 2 * index,
      reason,
      name: `${time}`,
    }));
    const text = JSON.stringify({ name: 'big', reservations });
    expect(await other.request('desiredState/apply', { text, format: 'json' })).toMatchObject({ failed: 0 });
  }
  child.stdout.resume();
  let told = 0;
  for (let isLast = false; !isLast; told++) {
    const { added } = (await peer.next()).params as unknown as ReservationChangedParams;
    isLast = added.some(({ name }) => name === `${times}`);
  }
  expect(told).toBeLessThan(times - 2);
});
