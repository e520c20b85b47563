import { expect, test } from 'vitest';
import { frame, request } from '../../support/frames.ts';
import { connect, deferred, fakeService, made } from '../support.ts';

const create = { protocol: 'tcp' };

/** A service whose create waits for the end of its signal, as a wait for the ledger's lock does. */
function waiting() {
  const called = deferred<AbortSignal>();
  const service = fakeService({
    create: (_params, { signal } = {}) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
        called.resolve(signal!);
      }),
  });
  return { service, called: called.promise };
}

test.each([1, '1', 'ü'])('a cancelled request %o is answered with -32800', async (id) => {
  const { service, called } = waiting();
  const { peer } = connect(service);
  peer.request(id, 'reservation/create', create);
  await called;
  peer.notify('$/cancelRequest', { id });
  const message = 'The request was cancelled; nothing has changed.';
  expect(await peer.next()).toEqual({ jsonrpc: '2.0', id, error: { code: -32800, message } });
  peer.request(id, 'reservation/list');
  expect((await peer.next()).result).toEqual({ reservations: [] });
});

test('an AbortError of a library below is -32800 as well', async () => {
  const called = deferred<void>();
  const service = fakeService({
    create: (_params, { signal } = {}) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(Object.assign(new Error('aborted'), { name: 'AbortError' })));
        called.resolve();
      }),
  });
  const { peer } = connect(service);
  peer.request(1, 'reservation/create', create);
  await called.promise;
  peer.notify('$/cancelRequest', { id: 1 });
  expect((await peer.next()).error?.code).toBe(-32800);
});

test('an AbortError without a cancellation is a fault', async () => {
  const error = Object.assign(new Error('aborted'), { name: 'AbortError' });
  const { peer } = connect(fakeService({ create: () => Promise.reject(error) }));
  peer.request(1, 'reservation/create', create);
  expect((await peer.next()).error?.code).toBe(-32603);
});

test('a request cancelled before its turn never reaches the service', async () => {
  let calls = 0;
  const { peer } = connect(
    fakeService({
      create: async () => {
        calls++;
        return made;
      },
    }),
  );
  const cancel = frame({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } });
  peer.send(Buffer.concat([frame(request(1, 'reservation/create', create)), cancel]));
  expect((await peer.next()).error?.code).toBe(-32800);
  expect(calls).toBe(0);
});

test('a cancellation that comes too late keeps the result: the made is there', async () => {
  const slow = deferred<typeof made>();
  const called = deferred<AbortSignal>();
  const { peer } = connect(
    fakeService({
      create: (_params, { signal } = {}) => {
        called.resolve(signal!);
        return slow.promise;
      },
    }),
  );
  peer.request(1, 'reservation/create', { protocol: 'tcp' });
  const signal = await called.promise;
  peer.notify('$/cancelRequest', { id: 1 });
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  slow.resolve(made);
  expect((await peer.next()).result).toEqual(made);
});

test('cancelling one request leaves the others alone', async () => {
  const slow = deferred<typeof made>();
  const { peer } = connect(fakeService({ create: () => slow.promise }));
  peer.request(1, 'reservation/create', create);
  peer.request(2, 'reservation/create', create);
  peer.notify('$/cancelRequest', { id: 1 });
  peer.notify('$/cancelRequest', { id: '2' });
  slow.resolve(made);
  expect([(await peer.next()).id, (await peer.next()).id].sort()).toEqual([1, 2]);
});
