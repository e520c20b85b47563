import { expect, test } from 'vitest';
import { frame, request } from '../../support/frames.ts';
import { connect, deferred, fakeService, made } from '../support.ts';

function closable() {
  let closed = 0;
  return { service: fakeService({ close: async () => void closed++ }), closed: () => closed };
}

test('an end of input frees everything and ends with 0', async () => {
  const { service, closed } = closable();
  const { connection, peer } = connect(service);
  peer.request(1, 'reservation/list');
  await peer.next();
  peer.end();
  expect(await connection.ended).toBe(0);
  expect(closed()).toBe(1);
});

test('an end of input at once ends with 0 and opens nothing', async () => {
  let opened = 0;
  const { connection, peer } = connect(undefined, {
    openService: async () => {
      opened++;
      return fakeService();
    },
  });
  peer.end();
  expect(await connection.ended).toBe(0);
  expect(opened).toBe(0);
});

test('requests before the end of input are answered', async () => {
  const slow = deferred<typeof made>();
  const { connection, peer } = connect(fakeService({ create: () => slow.promise }));
  peer.request(1, 'reservation/create', { protocol: 'tcp' });
  peer.request(2, 'reservation/list');
  peer.end();
  expect((await peer.next()).id).toBe(2);
  slow.resolve(made);
  expect((await peer.next()).id).toBe(1);
  expect(await connection.ended).toBe(0);
});

test('shutdown frees everything, then only exit is served, which ends with 0', async () => {
  const { service, closed } = closable();
  const { connection, peer } = connect(service);
  peer.request(1, 'reservation/list');
  await peer.next();
  peer.request(2, 'shutdown');
  expect(await peer.next()).toEqual({ jsonrpc: '2.0', id: 2, result: null });
  expect(closed()).toBe(1);
  for (const method of ['reservation/list', 'shutdown', 'initialize', 'no/such']) {
    peer.request(3, method);
    expect((await peer.next()).error).toMatchObject({ code: -32600, message: expect.stringMatching(/shut down/) });
  }
  peer.notify('exit');
  expect(await connection.ended).toBe(0);
});

test('shutdown cancels what is being served and waits for it', async () => {
  const events: string[] = [];
  const called = deferred<void>();
  const service = fakeService({
    create: (_params, { signal } = {}) =>
      new Promise((_resolve, reject) => {
        called.resolve();
        signal?.addEventListener('abort', () =>
          setImmediate(() => {
            events.push('rolled back');
            reject(signal.reason);
          }),
        );
      }),
    close: async () => void events.push('closed'),
  });
  const { peer } = connect(service);
  peer.request(1, 'reservation/create', { protocol: 'tcp' });
  await called.promise;
  peer.request(2, 'shutdown');
  expect(await peer.next()).toMatchObject({ id: 1, error: { code: -32800 } });
  expect(await peer.next()).toMatchObject({ id: 2, result: null });
  expect(events).toEqual(['rolled back', 'closed']);
});

test.each([
  ['exit without shutdown ends with 1', false, 1],
  ['shutdown and exit without a pause end with 0', true, 0],
])('%s', async (_title, shutsDown, code) => {
  const { connection, peer } = connect();
  if (shutsDown) peer.request(1, 'shutdown');
  peer.notify('exit');
  peer.end();
  expect(await connection.ended).toBe(code);
  if (shutsDown) expect((await peer.next()).result).toBe(null);
});

test.each(['in the same chunk', 'in the next chunk'])('nothing behind exit is served, %s', async (where) => {
  const slow = deferred<typeof made>();
  const { connection, peer } = connect(fakeService({ create: () => slow.promise }));
  peer.request(1, 'reservation/create', { protocol: 'tcp' });
  const exit = frame({ jsonrpc: '2.0', method: 'exit' });
  const late = frame(request(2, 'reservation/list'));
  if (where === 'in the same chunk') peer.send(Buffer.concat([exit, late]));
  else for (const bytes of [exit, late]) peer.send(bytes);
  await new Promise(setImmediate);
  slow.resolve(made);
  expect((await peer.next()).id).toBe(1);
  expect(await connection.ended).toBe(1);
  expect(peer.rest).toEqual([]);
});

test('a shutdown with wrong params shuts nothing down', async () => {
  const { connection, peer } = connect();
  peer.request(1, 'shutdown', { now: true });
  expect((await peer.next()).error?.code).toBe(-32602);
  peer.request(2, 'reservation/list');
  expect((await peer.next()).result).toBeDefined();
  peer.notify('exit');
  expect(await connection.ended).toBe(1);
});

test('an output that broke ends with 1 and frees everything', async () => {
  const { service, closed } = closable();
  const { connection, peer, output } = connect(service);
  peer.request(1, 'reservation/list');
  await peer.next();
  output.destroy(new Error('write EPIPE'));
  expect(await connection.ended).toBe(1);
  expect(closed()).toBe(1);
});

test('what cannot be freed is logged and does not stop the end', async () => {
  const { connection, peer, log } = connect(fakeService({ close: () => Promise.reject(new Error('locked')) }));
  peer.request(1, 'reservation/list');
  await peer.next();
  peer.end();
  expect(await connection.ended).toBe(0);
  expect(log()).toMatchObject([{ level: 'error', message: 'not everything was freed', error: { message: 'locked' } }]);
});
