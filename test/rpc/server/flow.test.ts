import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { Connection } from '../../../src/rpc/server/connection.ts';
import { createLog } from '../../../src/rpc/server/log.ts';
import type { PortService } from '../../../src/service/port-service.ts';
import { frame, RawPeer, request } from '../../support/frames.ts';
import { deferred, fakeService, reservation } from '../support.ts';

/** A connection whose output nobody reads until `read` is called. */
function unread(service: PortService) {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const connection = new Connection({
    input,
    output,
    log: createLog(() => errors.resume()),
    provider: 'auto',
    platform: 'linux',
    openService: async () => service,
    onInitialize: () => {},
  });
  connection.listen();
  return { connection, input, output, read: () => new RawPeer(output, input) };
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
};

const megabyte = 'x'.repeat(1024 * 1024);

test('long answers that nobody reads are made no more, and all of them once they are read', async () => {
  let calls = 0;
  const service = fakeService({
    list: async () => {
      calls++;
      return { reservations: [], warnings: [megabyte] };
    },
  });
  const { input, output, read } = unread(service);
  const count = 300;
  for (let id = 1; id <= count; id++) input.write(frame(request(id, 'reservation/list')));
  await turns(3 * count);
  expect(calls).toBeGreaterThan(4);
  expect(calls).toBeLessThan(100);
  expect(output.writableLength + output.readableLength).toBeLessThan(100 * megabyte.length);
  const peer = read();
  for (let id = 1; id <= count; id++) expect((await peer.next()).id).toBe(id);
  expect(calls).toBe(count);
});

test('what is sent without reading the answers is read no further than a most', async () => {
  const { input, output } = unread(fakeService());
  const method = 'no/such/'.repeat(100);
  const sent = frame(request(1, method));
  let written = 0;
  while (written < 100_000_000 && (input.write(sent) || input.readableFlowing)) {
    written += sent.length;
    if (written % 1000 === 0) await turns(1);
  }
  await turns(2000);
  expect(input.readableFlowing).toBe(false);
  expect(input.readableLength + input.writableLength).toBeGreaterThan(0);
  expect(output.writableLength).toBeLessThan(20_000_000);
});

test('many requests that are read are all answered, in any number', async () => {
  const { input, read } = unread(fakeService());
  const peer = read();
  const count = 5000;
  for (let id = 1; id <= count; id++) input.write(frame(request(id, id % 2 ? 'reservation/list' : 'no/such')));
  const ids = new Set<unknown>();
  for (let id = 1; id <= count; id++) ids.add((await peer.next()).id);
  expect(ids.size).toBe(count);
});

test('a cancellation is not kept waiting by a thousand requests, nor is that of one that waits itself', async () => {
  const signals = new Map<string, AbortSignal>();
  const service = fakeService({
    create: ({ name }, { signal } = {}) =>
      new Promise((_resolve, reject) => {
        signals.set(name!, signal!);
        signal!.addEventListener('abort', () => reject(signal!.reason));
      }),
  });
  const { input, read } = unread(service);
  const peer = read();
  const count = 1100;
  for (let id = 1; id <= count; id++) {
    input.write(frame(request(id, 'reservation/create', { protocol: 'tcp', name: `n${id}` })));
  }
  await turns(2 * count);
  expect(signals.size).toBeLessThan(100);
  const cancel = (id: number) => input.write(frame({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id } }));
  cancel(1);
  expect(await peer.next()).toMatchObject({ id: 1, error: { code: -32800 } });
  cancel(count);
  cancel(999);
  expect(await peer.next()).toMatchObject({ id: 999, error: { code: -32800 } });
  for (let id = 2; id < count; id++) if (id !== 999) cancel(id);
  const ids = new Set<unknown>();
  for (let left = count - 2; left > 0; left--) {
    const { id, error } = await peer.next();
    expect(error?.code).toBe(-32800);
    ids.add(id);
  }
  expect(ids.has(count)).toBe(true);
  expect(ids.size).toBe(count - 2);
});

test('answers that nobody reads keep nothing reserved, and do not keep the worker', async () => {
  const closed = deferred<void>();
  const service = fakeService({
    list: async () => ({ reservations: [], warnings: [megabyte] }),
    close: async () => closed.resolve(),
  });
  const { connection, input } = unread(service);
  for (let id = 1; id <= 200; id++) input.write(frame(request(id, 'reservation/list')));
  await turns(100);
  input.end();
  await closed.promise;
  expect(await connection.ended).toBe(0);
});

test('an end of input does not wait for what only reads, nor what is held for what is changed for good', async () => {
  const events: string[] = [];
  const lasting = deferred<{ reservations: (typeof reservation)[] }>();
  const closed = deferred<void>();
  const service = fakeService({
    inspect: (_params, { signal } = {}) =>
      new Promise((_resolve, reject) => signal!.addEventListener('abort', () => reject(signal!.reason))),
    create: ({ lifetime }, { signal } = {}) => {
      signal!.addEventListener('abort', () => events.push(`${lifetime} aborted`));
      return lifetime === 'persistent'
        ? lasting.promise
        : new Promise((_r, no) => (signal!.onabort = () => no(signal!.reason)));
    },
    letGo: async () => {
      events.push('let go');
      closed.resolve();
    },
    close: async () => void events.push('closed'),
  });
  const { connection, input, read } = unread(service);
  const peer = read();
  peer.request('reads', 'port/inspect', { protocol: 'tcp', ranges: [{ startPort: 1, numberOfPorts: 9 }] });
  peer.request('passes', 'reservation/create', { protocol: 'tcp' });
  peer.request('lasts', 'reservation/create', { protocol: 'tcp', lifetime: 'persistent' });
  await turns(20);
  input.end();
  expect(await peer.next()).toMatchObject({ id: 'reads', error: { code: -32800 } });
  await closed.promise;
  expect(events).toEqual(['let go']);
  expect(await peer.next()).toMatchObject({ id: 'passes', error: { code: -32800 } });
  lasting.resolve({ reservations: [reservation] });
  expect(await peer.next()).toMatchObject({ id: 'lasts', result: { reservations: [reservation] } });
  expect(await connection.ended).toBe(0);
  expect(events).toEqual(['let go', 'undefined aborted', 'closed']);
});
