import { describe, expect, test } from 'vitest';
import { InvalidParamsError, ServiceError } from '../../../src/protocol/errors.ts';
import { errorCatalogue, packageVersion, protocolVersion } from '../../../src/protocol/generated/contract.ts';
import { connect, deferred, fakeService, made } from '../support.ts';

const create = { protocol: 'tcp' };
const failing = (error: unknown) => fakeService({ create: () => Promise.reject(error) });

describe('errors', () => {
  test.each(Object.entries(errorCatalogue))('%s crosses with its code, name and facts', async (name, { code }) => {
    const facts = { hint: 'Do this.', target: 'tcp 5000', osCode: 'EACCES', osFunction: 'bind' };
    const error = new ServiceError(name as keyof typeof errorCatalogue, 'It failed.', facts, new Error('why'));
    const { peer, log } = connect(failing(error));
    peer.request(1, 'reservation/create', create);
    expect(await peer.next()).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: { code, message: 'It failed.', data: { name, ...facts } },
    });
    expect(log()).toEqual([]);
  });

  test('params that the service refuses are -32602 with each field', async () => {
    const errors = [{ field: 'within', message: 'cannot be given together with startPort' }];
    const { peer } = connect(failing(new InvalidParamsError(errors)));
    peer.request(1, 'reservation/create', create);
    expect((await peer.next()).error).toEqual({
      code: -32602,
      message: 'Invalid params: within cannot be given together with startPort.',
      data: { errors },
    });
  });

  test('an unknown key is refused by name and never reaches the service', async () => {
    let calls = 0;
    const { peer } = connect(
      fakeService({
        create: async () => {
          calls++;
          return made;
        },
      }),
    );
    peer.request(1, 'reservation/create', { ...create, prot: 'tcp' });
    const data = { errors: [{ field: 'prot', message: 'is not a known parameter' }] };
    expect((await peer.next()).error).toMatchObject({ code: -32602, data });
    expect(calls).toBe(0);
  });

  test('a document that is wrong says where', async () => {
    const { peer } = connect();
    peer.request(1, 'desiredState/apply', { text: 'name: shop\nname: web\n', format: 'yaml' });
    expect((await peer.next()).error).toEqual({
      code: -32602,
      message: 'The document is wrong: line 2, column 1: the document names a key twice.',
      data: { name: 'InvalidDocument', errors: [{ field: '', message: 'names a key twice', line: 2, column: 1 }] },
    });
  });

  test.each([
    ['an error', new TypeError('x is undefined'), /x is undefined/],
    ['a value', 'oops', /oops/],
  ])('%s that nobody planned is -32603, with its stack in the log alone', async (_title, thrown, text) => {
    const { peer, log } = connect(failing(thrown));
    peer.request(1, 'reservation/create', create);
    const { error } = await peer.next();
    expect(error).toEqual({ code: -32603, message: expect.stringMatching(text) });
    expect(JSON.stringify(error)).not.toContain('connection.test');
    expect(log()).toMatchObject([{ level: 'error', message: 'reservation/create failed' }]);
    if (thrown instanceof Error) expect(log()[0].error.stack).toContain('connection.test');
  });

  test.each(['no/such', '$/no/such', 'constructor', '__proto__', 'exit', ''])(
    'the method %o is -32601',
    async (method) => {
      const { peer } = connect();
      peer.request('a', method, {});
      const message = `There is no method "${method}".`;
      expect(await peer.next()).toEqual({ jsonrpc: '2.0', id: 'a', error: { code: -32601, message } });
    },
  );
});

describe('results', () => {
  test.each([undefined, null, [], {}])('params %o are none', async (params) => {
    const { peer } = connect();
    peer.request(1, 'reservation/list', params);
    expect((await peer.next()).result).toEqual({ reservations: [] });
  });

  test('rpc.discover gives the document with every method', async () => {
    const { peer } = connect();
    peer.request(1, 'rpc.discover');
    const { methods, info } = (await peer.next()).result as { methods: { name: string }[]; info: object };
    expect(methods.map(({ name }) => name)).toContain('reservation/create');
    expect(info).toMatchObject({ version: packageVersion, 'x-protocolVersion': protocolVersion });
  });

  test('requests are served at the same time, answers come as they are ready', async () => {
    const slow = deferred<typeof made>();
    const { peer } = connect(fakeService({ create: () => slow.promise }));
    peer.request(1, 'reservation/create', create);
    peer.request(2, 'reservation/list');
    expect((await peer.next()).id).toBe(2);
    slow.resolve(made);
    expect((await peer.next()).id).toBe(1);
  });
});

describe('ids', () => {
  test('an id that is being served is refused, and the first request still answered', async () => {
    const slow = deferred<typeof made>();
    const { peer } = connect(fakeService({ create: () => slow.promise }));
    peer.request(1, 'reservation/create', create);
    peer.request(1, 'reservation/list');
    expect(await peer.next()).toMatchObject({
      id: 1,
      error: { code: -32600, message: expect.stringMatching(/still being served/) },
    });
    peer.request(1, 'reservation/list');
    expect(await peer.next()).toMatchObject({ id: 1, error: { code: -32600 } });
    slow.resolve(made);
    expect(await peer.next()).toEqual({ jsonrpc: '2.0', id: 1, result: made });
    peer.request(1, 'reservation/list');
    expect((await peer.next()).result).toEqual({ reservations: [] });
  });

  test.each([
    ['0', 0],
    ['a negative number', -1],
    ['a fraction', 1.5],
    ['2^53 - 1', 2 ** 53 - 1],
    ['an empty string', ''],
    ['letters beyond ASCII', 'ü🚢'],
    ['10,000 letters', 'x'.repeat(10_000)],
  ])('%s comes back as it was', async (_title, id) => {
    const { peer } = connect();
    peer.request(id, 'reservation/list');
    expect((await peer.next()).id).toBe(id);
  });

  test('1 and "1" are two ids', async () => {
    const { peer } = connect();
    peer.request(1, 'reservation/list');
    peer.request('1', 'no/such');
    const answers = [await peer.next(), await peer.next()];
    expect(answers.find(({ id }) => id === 1)?.result).toBeDefined();
    expect(answers.find(({ id }) => id === '1')?.error).toBeDefined();
  });
});
