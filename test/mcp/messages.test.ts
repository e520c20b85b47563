import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { portreservation } from '../cli/support.ts';
import { lockLedger } from '../support/lock-ledger.ts';
import { folders, ownEnvironment, startRaw, stateless } from './support.ts';

const request = (id: unknown, method: unknown, params?: unknown) => ({ jsonrpc: '2.0', id, method, params });

test.each([
  ['{"jsonrpc"', -32700, null],
  ['"text"', -32600, null],
  ['[]', -32600, null],
  [JSON.stringify({ id: 1, method: 'ping' }), -32600, 1],
  [JSON.stringify(request({}, 'ping')), -32600, null],
  [JSON.stringify(request(2, 7)), -32600, 2],
  [JSON.stringify(request('x', 'ping', [1])), -32602, 'x'],
  [JSON.stringify(request(3, 'tools/kill')), -32601, 3],
  [JSON.stringify(request(3, 'toString')), -32601, 3],
  [JSON.stringify(request(3, 'prompts/list')), -32601, 3],
  [JSON.stringify(request(4, 'tools/call', {})), -32602, 4],
  [JSON.stringify(request(4, 'tools/call', { name: 'constructor' })), -32602, 4],
  [JSON.stringify(request(4, 'tools/call', { name: 'list_reservations', arguments: 'all' })), -32602, 4],
  [JSON.stringify(request(5, 'tools/list', { cursor: 'next' })), -32602, 5],
  [JSON.stringify(request(6, 'resources/subscribe', { uri: 'ports://map/tcp.svg' })), -32602, 6],
  [JSON.stringify(request(6, 'resources/subscribe', { uri: 'ports://x' })), -32002, 6],
  ['x'.repeat(2 * 1024 * 1024), -32600, null],
])('%.60s is answered with %d, and the conversation goes on', async (line, code, id) => {
  const { send, next, ask } = startRaw();
  send(line);
  expect(await next()).toMatchObject({ jsonrpc: '2.0', id, error: { code, message: expect.any(String) } });
  expect(await ask('ping')).toMatchObject({ result: {} });
});

test('what is no request is not answered', async () => {
  const { send, ask } = startRaw();
  send({ jsonrpc: '2.0', id: 1, result: {} });
  send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 99 } });
  send('');
  expect(await ask('ping')).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
});

test.each([
  ['2025-11-25', '2025-11-25'],
  ['2024-11-05', '2024-11-05'],
  ['2026-07-28', '2025-11-25'],
  ['1999-01-01', '2025-11-25'],
])('a handshake of %s gives %s', async (protocolVersion, expected) => {
  const { ask } = startRaw();
  const { result } = await ask('initialize', {
    protocolVersion,
    capabilities: {},
    clientInfo: { name: 'x', version: '1' },
  });
  expect(result).toMatchObject({
    protocolVersion: expected,
    capabilities: { tools: {}, resources: { subscribe: true } },
  });
});

test('messages in one line, as one version had them, are answered in one', async () => {
  const { send, next } = startRaw();
  send([request(1, 'ping'), { jsonrpc: '2.0', method: 'notifications/initialized' }, request(2, 'nothing')]);
  expect(await next()).toMatchObject([
    { id: 1, result: {} },
    { id: 2, error: { code: -32601 } },
  ]);
});

test('without a handshake each request names its version, and each result says what it is', async () => {
  const { ask } = startRaw();
  const { result } = await ask('server/discover', stateless);
  expect(result).toMatchObject({
    resultType: 'complete',
    supportedVersions: ['2026-07-28'],
    ttlMs: 0,
    cacheScope: 'private',
    _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'portreservation' } },
  });
  expect((await ask('tools/list', stateless)).result).toMatchObject({
    resultType: 'complete',
    ttlMs: 0,
    tools: [{}, {}, {}, {}, {}],
  });
  const call = await ask('tools/call', { ...stateless, name: 'list_reservations' });
  expect(call.result).toMatchObject({ resultType: 'complete', structuredContent: { reservations: [] } });
  expect(call.result).not.toHaveProperty('ttlMs');
  for (const method of ['initialize', 'ping', 'resources/subscribe']) {
    expect(await ask(method, stateless)).toMatchObject({ error: { code: -32601 } });
  }
  expect(await ask('resources/read', { ...stateless, uri: 'ports://x' })).toMatchObject({
    error: { code: -32602, data: { uri: 'ports://x' } },
  });
  const other = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2027-01-01' } };
  expect(await ask('tools/list', other)).toMatchObject({
    error: { code: -32022, data: { supported: ['2026-07-28'], requested: '2027-01-01' } },
  });
});

test('a cancelled call is not answered, and has changed nothing', async () => {
  const env = ownEnvironment();
  const [shop] = folders('shop') as [string];
  const { send, next, ask } = startRaw(env);
  await ask('tools/call', { name: 'reserve_ports', arguments: { folder: shop, label: 'other' } });
  const unlock = await lockLedger(env.PORT_RESERVATION_HOME!);
  send(request('slow', 'tools/call', { name: 'reserve_ports', arguments: { folder: shop } }));
  send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'slow' } });
  send(request('after', 'ping'));
  expect(await next()).toMatchObject({ id: 'after' });
  await unlock();
  // Served after the cancelled one, had it gone on.
  const third = await ask('tools/call', { name: 'reserve_ports', arguments: { folder: shop, label: 'third' } });
  expect(third).toMatchObject({ result: { structuredContent: { state: 'reserved' } } });
  expect(third.id).not.toBe('slow');
  const { result } = await ask('tools/call', { name: 'list_reservations', arguments: {} });
  const names = result.structuredContent.reservations.map(({ name }: { name: string }) => name);
  expect(names.sort()).toEqual(['shop other', 'shop third']);
});

test('two requests under way cannot have one id', async () => {
  const { send, next } = startRaw();
  send(request(1, 'subscriptions/listen', { ...stateless, notifications: {} }));
  expect(await next()).toMatchObject({ method: 'notifications/subscriptions/acknowledged' });
  send(request(1, 'tools/list', stateless));
  expect(await next()).toMatchObject({ id: 1, error: { code: -32600 } });
});

test('the end of the input ends it, and frees what it holds', async () => {
  const env = ownEnvironment();
  const [shop] = folders('shop') as [string];
  const first = startRaw(env);
  await first.ask('tools/call', { name: 'reserve_ports', arguments: { folder: shop } });
  first.child.stdin.end();
  expect(await first.ended).toBe(0);
  const second = startRaw(env);
  const { result } = await second.ask('tools/call', { name: 'list_reservations', arguments: {} });
  expect(result.structuredContent.reservations).toEqual([]);
  second.child.kill('SIGTERM');
  expect(await second.ended).toBe(143);
  expect(first.log() + second.log()).toBe('');
});

test('a ledger that cannot be read is an error of the tool, with what to do', async () => {
  const env = { ...ownEnvironment(), PORT_RESERVATION_HOME: 'relative' };
  const { ask } = startRaw(env);
  const { result } = await ask('tools/call', { name: 'list_reservations', arguments: {} });
  expect(result).toMatchObject({
    isError: true,
    content: [{ text: expect.stringMatching(/^NotSupported: .* Set it to/) }],
  });
});

test('the command line says what is wrong', () => {
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [portreservation, 'mcp', ...words], { encoding: 'utf8', input: '' });
  expect(run('--help')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^Usage: portreservation mcp \[--prov/),
  });
  expect(run('--port', '1')).toMatchObject({ status: 64, stderr: expect.stringMatching(/^unknown argument "--port"/) });
  expect(run('--provider', 'x')).toMatchObject({
    status: 64,
    stderr: expect.stringMatching(/^--provider must be one of/),
  });
  expect(run('--provider=ledger')).toMatchObject({ status: 0, stdout: '', stderr: '' });
});
