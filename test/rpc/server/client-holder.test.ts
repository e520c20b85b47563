import { expect, test } from 'vitest';
import type { RuntimeHolder } from '../../../src/providers/provider.ts';
import { frame } from '../../support/frames.ts';
import { connect, fakeService, made } from '../support.ts';

const range = { startPort: 20_000, numberOfPorts: 2 };

/** A worker whose service acquires, probes and releases where the client said. */
function worker() {
  let holder: RuntimeHolder | undefined;
  const service = fakeService({
    create: async () => {
      const token = String(await holder!.acquire('tcp', range));
      return { reservations: made.reservations.map((one) => ({ ...one, token })) };
    },
    probe: async () => ({ ports: [{ protocol: 'tcp', port: await holder!.probe('tcp', 5n, 0) }] }),
    release: async () => {
      await holder!.release(5n);
      return made;
    },
  });
  const openService = async (options: { holder?: RuntimeHolder }) => {
    holder = options.holder;
    return service;
  };
  return { ...connect(service, { openService }), holder: () => holder };
}

test('a client that offers it is asked to acquire, probe and release in its own process', async () => {
  const { peer } = worker();
  peer.request(1, 'initialize', { capabilities: { holder: true } });
  await peer.next();

  peer.request(2, 'reservation/create', { protocol: 'tcp' });
  const acquire = await peer.next();
  expect(acquire).toMatchObject({ method: 'holder/acquire', params: { protocol: 'tcp', range } });
  peer.send(frame({ jsonrpc: '2.0', id: acquire.id, result: { token: '18446744073709551615' } }));
  expect(await peer.next()).toMatchObject({
    id: 2,
    result: { reservations: [{ token: '18446744073709551615' }] },
  });

  peer.request(3, 'reservation/probe', { token: '5' });
  const probe = await peer.next();
  expect(probe).toMatchObject({ method: 'holder/probe', params: { protocol: 'tcp', token: '5', port: 0 } });
  peer.send(frame({ jsonrpc: '2.0', id: probe.id, result: { port: 20_001 } }));
  expect(await peer.next()).toMatchObject({ id: 3, result: { ports: [{ protocol: 'tcp', port: 20_001 }] } });

  peer.request(4, 'reservation/release', { token: '5' });
  const release = await peer.next();
  expect(release).toMatchObject({ method: 'holder/release', params: { token: '5' } });
  peer.send(frame({ jsonrpc: '2.0', id: release.id, result: null }));
  expect(await peer.next()).toMatchObject({ id: 4, result: made });
});

test("the system's code reaches the caller when the client's call fails", async () => {
  const { peer } = worker();
  peer.request(1, 'initialize', { capabilities: { holder: true } });
  await peer.next();
  peer.request(2, 'reservation/create', { protocol: 'tcp' });
  const { id } = await peer.next();
  const data = { name: 'OsError', osCode: 10048, osFunction: 'SIO_ACQUIRE_PORT_RESERVATION' };
  peer.send(frame({ jsonrpc: '2.0', id, error: { code: 8, message: 'in use', data } }));
  expect(await peer.next()).toMatchObject({ id: 2, error: { code: 8, data: { ...data, osCode: '10048' } } });
});

test('a client that does not offer it is not asked', async () => {
  const { peer, holder } = worker();
  peer.request(1, 'initialize', {});
  await peer.next();
  expect(holder()).toBeUndefined();
});

test('an answer to nothing we asked is dropped, and one is taken once', async () => {
  const { peer, log } = worker();
  peer.request(1, 'initialize', { capabilities: { holder: true } });
  await peer.next();
  peer.request(2, 'reservation/create', { protocol: 'tcp' });
  const { id } = await peer.next();
  peer.send(frame({ jsonrpc: '2.0', id: 77, result: { token: '1' } }));
  peer.send(frame({ jsonrpc: '2.0', id, result: { token: '7' } }));
  peer.send(frame({ jsonrpc: '2.0', id, result: { token: '8' } }));
  expect(await peer.next()).toMatchObject({ id: 2, result: { reservations: [{ token: '7' }] } });
  peer.request(3, 'reservation/list');
  expect(await peer.next()).toMatchObject({ id: 3 });
  expect(log().filter(({ message }) => message === 'a response that nobody waits for')).toHaveLength(2);
});

test('a client that goes away while it is asked keeps no worker waiting for its answer', async () => {
  const { connection, peer } = worker();
  peer.request(1, 'initialize', { capabilities: { holder: true } });
  await peer.next();
  peer.request(2, 'reservation/create', { protocol: 'tcp' });
  expect((await peer.next()).method).toBe('holder/acquire');
  peer.end();
  expect((await peer.next()).error).toBeDefined();
  expect(await connection.ended).toBe(0);
});
