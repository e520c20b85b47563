import { expect, onTestFinished, test } from 'vitest';
import type { Reservations } from '../../src/protocol/generated/contract.ts';
import * as validators from '../../src/protocol/generated/validators/answers.js';
import type { Validator } from '../../src/protocol/generated/validators/validator.ts';
import { frame, request } from '../support/frames.ts';
import { lockLedger } from '../support/lock-ledger.ts';
import { ownHome, startRawWorker } from '../support/worker.ts';

const two = Buffer.concat([
  frame(request('ü', 'reservation/create', { protocol: 'tcp', numberOfPorts: 2, name: 'grün 🚢' })),
  frame(request('🚢', 'reservation/create', { protocol: 'udp', reason: 'für Ümläute' })),
]);

test.each([
  ['one chunk', two.length],
  ['one byte at a time', 1],
  ['pieces of seven bytes', 7],
])('serves two requests that come as %s', async (_title, size) => {
  const { peer } = startRawWorker(onTestFinished);
  for (let start = 0; start < two.length; start += size) {
    peer.send(two.subarray(start, start + size));
    if (size < two.length) await new Promise(setImmediate);
  }
  const answers = [await peer.next(), await peer.next()];
  expect(answers.map(({ id }) => id).sort()).toEqual(['ü', '🚢'].sort());
  for (const { result } of answers) {
    validators.Reservations(result);
    expect(validators.Reservations.errors).toBe(null);
  }
  expect(answers.find(({ id }) => id === 'ü')?.result).toMatchObject({
    reservations: [{ name: 'grün 🚢', range: { numberOfPorts: 2 } }],
  });
});

test('what it answers to each method is what the contract says', async () => {
  const { peer } = startRawWorker(onTestFinished, { args: ['--stdio', '--provider', 'ledger'] });
  const ask = async (method: string, params?: object) => {
    peer.request(1, method, params);
    return (await peer.next()).result;
  };
  const opened = await ask('initialize', { clientInfo: { name: 'test', version: '1' }, processId: process.pid });
  const made = (await ask('reservation/create', { protocol: 'tcp', numberOfPorts: 3 })) as unknown as Reservations;
  const created = made.reservations[0]!;
  const found = await ask('reservation/lookup', { protocol: 'tcp', range: created.range });
  const listed = await ask('reservation/list');
  const released = await ask('reservation/release', { protocol: 'tcp', range: created.range });
  for (const [validate, result] of [
    [validators.InitializeResult, opened],
    [validators.Reservations, made],
    [validators.ListedReservations, listed],
  ] as [Validator<unknown>, unknown][]) {
    validate(result);
    expect(validate.errors).toBe(null);
  }
  expect(opened).toMatchObject({ provider: 'ledger', platform: process.platform });
  expect([found, released]).toEqual([made, made]);
  expect(listed).toEqual({ reservations: [created] });
  expect(await ask('reservation/list')).toEqual({ reservations: [] });
  expect(await ask('rpc.discover')).toMatchObject({ openrpc: expect.any(String) });
  expect(await ask('shutdown')).toBe(null);
});

test.each([
  ['an unknown method', 'no/such', {}, { code: -32601 }],
  ['an unknown $/ request', '$/no/such', {}, { code: -32601 }],
  [
    'an unknown key',
    'reservation/create',
    { protocol: 'tcp', count: 2 },
    { code: -32602, data: { errors: [{ field: 'count', message: 'is not a known parameter' }] } },
  ],
  [
    'a range past the last port',
    'reservation/create',
    { protocol: 'tcp', startPort: 65535, numberOfPorts: 2 },
    { code: -32602, data: { errors: [{ field: 'numberOfPorts', message: expect.stringMatching(/at most 1/) }] } },
  ],
  [
    'what is not there',
    'reservation/lookup',
    { protocol: 'tcp', range: { startPort: 20000, numberOfPorts: 1 } },
    { code: 4, data: { name: 'NotFound', target: 'tcp 20000', hint: expect.any(String) } },
  ],
  ['a provider of another system', 'initialize', { provider: 'windows' }, { code: 6, data: { name: 'NotSupported' } }],
])('answers %s with its error and goes on', async (_title, method, params, error) => {
  const { peer } = startRawWorker(onTestFinished);
  peer.request(1, method, params);
  expect((await peer.next()).error).toMatchObject(error);
  peer.request(2, 'rpc.discover');
  expect((await peer.next()).result).toBeDefined();
});

test('a provider in initialize goes before the one on the command line', async () => {
  const { peer } = startRawWorker(onTestFinished, { args: ['--stdio', '--provider', 'ledger'] });
  peer.request(1, 'initialize', { provider: 'auto' });
  expect((await peer.next()).result?.provider).toBe(process.platform === 'linux' ? 'linux' : 'ledger');
});

test('a request that waits for the lock of the ledger is cancelled with -32800', async () => {
  const env = ownHome(onTestFinished);
  const { peer } = startRawWorker(onTestFinished, { env });
  const create = () => peer.request('create', 'reservation/create', { protocol: 'tcp' });
  create(); // makes the lock file
  await peer.next();
  const unlock = await lockLedger(env.PORT_RESERVATION_HOME!);
  create();
  peer.request(1, 'reservation/list'); // needs no lock, and comes after the create has begun to wait
  expect((await peer.next()).id).toBe(1);
  peer.notify('$/cancelRequest', { id: 'create' });
  expect(await peer.next()).toMatchObject({ id: 'create', error: { code: -32800 } });
  unlock();
  create();
  expect((await peer.next()).result).toBeDefined();
  peer.request(2, 'reservation/list');
  expect((await peer.next()).result?.reservations).toHaveLength(2);
});
