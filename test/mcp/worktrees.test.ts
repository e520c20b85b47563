import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { wishes } from '../../src/mcp/wishes.ts';
import { openService } from '../../src/open-service.ts';
import { start } from '../cli/support.ts';
import { listen } from '../support/listen.ts';
import { folders, killed, ownEnvironment, serveIn, startSession } from './support.ts';

const isLinux = process.platform === 'linux';

test('a folder gets its ports, with all that a server needs to be told', async () => {
  const [shop] = folders('shop') as [string];
  const { call } = await startSession();
  const { ports, ...rest } = await call('reserve_ports', { folder: shop, numberOfPorts: 2, protocol: ['tcp', 'udp'] });
  const [first, second] = ports as [number, number];
  expect(second).toBe(first + 1);
  expect(rest).toEqual({
    state: 'reserved',
    urls: [`http://localhost:${first}`, `http://localhost:${second}`],
    env: { PORT: `${first}`, PORT_0: `${first}`, PORT_1: `${second}` },
    enforcement: 'ledger',
    next: expect.stringMatching(/^Start the server on these ports now/),
  });
  const { reservations } = await call('list_reservations', { folder: shop });
  expect(reservations).toMatchObject([
    { protocol: 'tcp', range: { startPort: first, numberOfPorts: 2 }, name: 'shop web', reason: `worktree ${shop}` },
    { protocol: 'udp', range: { startPort: first, numberOfPorts: 2 }, name: 'shop web', reason: `worktree ${shop}` },
  ]);
  expect(JSON.stringify(reservations)).not.toContain('token');
});

test('twelve sessions ask for five kinds of ports each at once: 60 ports, and the same 60 next time', async () => {
  const env = ownEnvironment();
  const names = Array.from({ length: 12 }, (_, index) => `shop-${index}`);
  const worktrees = folders(...names);
  const labels = ['web', 'api', 'db', 'e2e', 'docs'];
  const all = async () => {
    const sessions = await Promise.all(worktrees.map(() => startSession(env)));
    const wanted = worktrees.flatMap((folder, index) => labels.map((label) => ({ folder, label, index })));
    const got = await Promise.all(
      wanted.map(({ folder, label, index }) => sessions[index]!.call('reserve_ports', { folder, label })),
    );
    await Promise.all(sessions.map((session) => session.end()));
    expect(new Set(got.map(({ state }) => state))).toEqual(new Set(['reserved']));
    return got.map(({ ports }) => ports[0]!);
  };
  const first = await all();
  expect(new Set(first).size).toBe(60);
  expect(await all()).toEqual(first);
});

test('two sessions of one folder share its ports, whoever of them asks first', async () => {
  const env = ownEnvironment();
  const [shop] = folders('shop') as [string];
  const sessions = await Promise.all([startSession(env), startSession(env)]);
  const got = await Promise.all(sessions.map(({ call }) => call('reserve_ports', { folder: shop })));
  expect(got[0]!.ports).toEqual(got[1]!.ports);
  expect(got.map(({ state }) => state).sort()).toEqual(['reserved', 'sharedWithOtherSession']);
  // What one of them shares, it cannot release.
  const sharing = got.findIndex(({ state }) => state === 'sharedWithOtherSession');
  expect(await sessions[sharing]!.call('release_ports', { folder: shop })).toEqual({ released: [] });
  expect(await sessions[1 - sharing]!.call('release_ports', { folder: shop })).toEqual({ released: got[0]!.ports });
  expect(await sessions[sharing]!.call('reserve_ports', { folder: shop })).toMatchObject({
    state: 'reserved',
    ports: got[0]!.ports,
  });
});

test('one session asks for the same several times at once, and gets one block', async () => {
  const [shop] = folders('shop') as [string];
  const { call } = await startSession();
  const got = await Promise.all(Array.from({ length: 5 }, () => call('reserve_ports', { folder: shop })));
  expect(new Set(got.map(({ state, ports }) => `${state} ${ports}`)).size).toBe(1);
  expect(got[0]!.state).toBe('reserved');
  expect((await call('list_reservations', { folder: shop })).reservations).toHaveLength(1);
});

test('a folder has one path, whatever links lead to it', async () => {
  const [shop, links] = folders('shop', 'links') as [string, string];
  symlinkSync(shop, join(links, 'to-shop'));
  const { call } = await startSession();
  const { ports } = await call('reserve_ports', { folder: shop });
  expect(await call('reserve_ports', { folder: join(links, 'to-shop/') })).toMatchObject({ ports });
});

test.skipIf(!isLinux)("a folder's own server is used, and another folder's is left alone", async () => {
  const env = ownEnvironment();
  const [shop, other] = folders('shop', 'other') as [string, string];
  const { call, fail } = await startSession(env);
  const { ports } = await call('reserve_ports', { folder: shop });
  const port = ports[0]!;
  const child = await serveIn(shop, port);
  const serving = { processId: child.pid, workingDirectory: shop, whose: 'yours' };
  expect(await call('reserve_ports', { folder: shop })).toMatchObject({
    state: 'alreadyServing',
    ports,
    servers: [serving],
    next: expect.stringMatching(/use it, do not start a second/),
  });
  const seen = await call('explain_ports', { folder: shop, ports: [port] });
  expect(seen.ports).toMatchObject([{ canBind: false, verdict: 'listening', holders: [serving] }]);
  expect(seen.ports[0]!.next).toMatch(/only if you started it/);

  const from = await call('explain_ports', { folder: other, ports: [port] });
  expect(from.ports).toMatchObject([
    { holders: [{ ...serving, whose: 'otherFolder' }], reservedFor: `worktree ${shop}` },
  ]);
  expect(from.ports[0]!.next).toMatch(/^It is not yours: leave what has it alone, call reserve_ports/);
  const refused = await fail('reserve_ports', { folder: other, startPort: port });
  expect(refused).toMatch(/^(PortInUse|RangeReserved): .*Leave what has it alone/);
  const elsewhere = await call('reserve_ports', { folder: other });
  expect(elsewhere).toMatchObject({ state: 'reserved' });
  expect(elsewhere.ports).not.toEqual(ports);
});

test.skipIf(!isLinux)('what holds a port for a server that is refused it is not to be ended', async () => {
  const env = ownEnvironment();
  const [shop] = folders('shop') as [string];
  const { call } = await startSession(env);
  const { ports } = await call('reserve_ports', { folder: shop });
  const run = start(['exec', '--quiet', '--', 'sh', '-c', 'echo "at $PORT."; exec sleep 1000'], { env, cwd: shop });
  const held = Number((await run.line(/at (\d+)\./))[1]);
  const { ports: seen } = await call('explain_ports', { folder: shop, ports: [ports[0]!, held] });
  const next = Object.fromEntries(seen.map((one) => [one.port, one.next]));
  expect(next[ports[0]!]).toMatch(
    /^It is reserved for your folder: .* if it sets SO_REUSEADDR .* or free the port by release_ports/,
  );
  expect(next[held]).toMatch(
    new RegExp(`^Your folder's own process ${run.child.pid} holds it for a program .* not to be ended`),
  );
});

test.skipIf(!isLinux)('a server that its session left behind is found by the next', async () => {
  const env = ownEnvironment();
  const [shop] = folders('shop') as [string];
  const before = await startSession(env);
  const { ports } = await before.call('reserve_ports', { folder: shop });
  const child = await serveIn(join(shop), ports[0]!);
  await before.end();
  const { call } = await startSession(env);
  expect(await call('reserve_ports', { folder: shop })).toMatchObject({
    state: 'alreadyServing',
    ports,
    servers: [{ processId: child.pid, whose: 'yours' }],
  });
  await killed(child);
  expect(await call('reserve_ports', { folder: shop })).toMatchObject({ state: 'reserved', ports });
});

test.skipIf(!isLinux)(
  "nobody is sent to another folder's server, though it sits on the ports of this one",
  async () => {
    const env = ownEnvironment();
    const [shop, other] = folders('shop', 'other') as [string, string];
    const { call } = await startSession(env);
    const { ports } = await call('reserve_ports', { folder: shop });
    const squatter = await serveIn(other, ports[0]!);
    const moved = await call('reserve_ports', { folder: shop });
    expect(moved.state).toBe('reserved');
    expect(moved.ports).not.toEqual(ports);
    // From now on these are the folder's.
    await killed(squatter);
    expect((await call('reserve_ports', { folder: shop })).ports).toEqual(moved.ports);
  },
);

test.skipIf(!isLinux)(
  'a server started with the variables answers, and its restart gets the same port at once',
  async () => {
    const env = ownEnvironment();
    const [shop] = folders('shop') as [string];
    const before = await startSession(env);
    const { ports } = await before.call('reserve_ports', { folder: shop });
    const port = ports[0]!;
    const child = await serveIn(shop, port);
    // The server closes first, so its end of the connection lingers.
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.0\r\n\r\n');
    expect(await text(socket)).toMatch(/hello$/);
    await killed(child);
    await before.end();

    const { call } = await startSession(env);
    const lingering = await call('explain_ports', { folder: shop, ports });
    expect(lingering.ports).toMatchObject([{ canBind: false, next: expect.stringMatching(/closing/) }]);
    expect(await call('reserve_ports', { folder: shop })).toMatchObject({ state: 'reserved', ports });
    await serveIn(shop, port);
  },
);

test('the ports of a session are free when it was killed', async () => {
  const env = ownEnvironment();
  const [shop, other] = folders('shop', 'other') as [string, string];
  const before = await startSession(env);
  const { ports } = await before.call('reserve_ports', { folder: shop });
  const { call } = await startSession(env);
  expect((await call('list_reservations', {})).reservations).toHaveLength(1);
  process.kill(before.processId, 'SIGKILL');
  await expect.poll(async () => (await call('list_reservations', {})).reservations).toEqual([]);
  expect(await listen(ports[0]!)).toBeUndefined();
  // They are still promised to the folder, not to be chosen for another, and it gets them.
  expect((await call('reserve_ports', { folder: other })).ports).not.toEqual(ports);
  expect((await call('reserve_ports', { folder: shop })).ports).toEqual(ports);
});

test('who would like ports of another folder, whose session has ended, gets others', async () => {
  const env = ownEnvironment();
  const [shop, other] = folders('shop', 'other') as [string, string];
  const numberOfPorts = 100; // so that wishes often meet
  const before = await startSession(env);
  const { ports } = await before.call('reserve_ports', { folder: shop, numberOfPorts });
  await before.end();
  const service = await openService({ provider: 'ledger' });
  const { range } = (await service.dynamicRange({ protocol: 'tcp' })).dynamicRanges[0]!;
  const meets = (label: string) => {
    const wish = wishes({ folder: other, label, numberOfPorts }, range, []).next().value!;
    return Math.abs(wish - ports[0]!) < numberOfPorts;
  };
  let n = 0;
  while (!meets(`x${n}`)) n++;
  const { call } = await startSession(env);
  const got = await call('reserve_ports', { folder: other, label: `x${n}`, numberOfPorts });
  expect(got.ports.filter((port) => ports.includes(port))).toEqual([]);
  expect((await call('reserve_ports', { folder: shop, numberOfPorts })).ports).toEqual(ports);
});

describe('what is remembered', () => {
  test('goes with the folder', async () => {
    const env = ownEnvironment();
    const [shop, other] = folders('shop', 'other') as [string, string];
    const { call } = await startSession(env);
    const pins = join(env.PORT_RESERVATION_HOME!, 'pins');
    await call('reserve_ports', { folder: shop });
    expect(await readdir(pins)).toHaveLength(1);
    rmSync(shop, { recursive: true });
    await call('reserve_ports', { folder: other });
    expect(await readdir(pins)).toHaveLength(1);
  });

  test('yields to what somebody has now, and stays changed', async () => {
    const env = ownEnvironment();
    const [shop, other] = folders('shop', 'other') as [string, string];
    const before = await startSession(env);
    const { ports } = await before.call('reserve_ports', { folder: shop });
    await before.end();
    const { call } = await startSession(env);
    // Who demands a port gets it, though it is promised.
    expect((await call('reserve_ports', { folder: other, startPort: ports[0] })).ports).toEqual(ports);
    const moved = await call('reserve_ports', { folder: shop });
    expect(moved.ports).not.toEqual(ports);
    expect(moved.next).toMatch(`The ports it had before (${ports[0]}) are taken`);
    await call('release_ports', { folder: other });
    await call('release_ports', { folder: shop });
    expect((await call('reserve_ports', { folder: shop })).ports).toEqual(moved.ports);
  });

  test('may be broken, and is made anew', async () => {
    const env = ownEnvironment();
    const [shop] = folders('shop') as [string];
    const { call } = await startSession(env);
    const { ports } = await call('reserve_ports', { folder: shop });
    await call('release_ports', { folder: shop });
    const pins = join(env.PORT_RESERVATION_HOME!, 'pins');
    for (const name of await readdir(pins)) writeFileSync(join(pins, name), '{"folder": 1');
    // The same folder wishes for the same ports.
    expect((await call('reserve_ports', { folder: shop })).ports).toEqual(ports);
  });
});

test('who asks for fewer gets the first of what there is, and for more gets a larger block', async () => {
  const [shop] = folders('shop') as [string];
  const { call } = await startSession();
  const three = await call('reserve_ports', { folder: shop, numberOfPorts: 3 });
  expect((await call('reserve_ports', { folder: shop })).ports).toEqual(three.ports.slice(0, 1));
  const both = await call('reserve_ports', { folder: shop, numberOfPorts: 2, protocol: ['udp', 'tcp'] });
  expect(both.ports).toEqual(three.ports.slice(0, 2));
  const five = await call('reserve_ports', { folder: shop, numberOfPorts: 5 });
  expect(five.ports).toHaveLength(5);
  const { reservations } = await call('list_reservations', { folder: shop });
  expect(reservations).toMatchObject([{ protocol: 'tcp', range: { startPort: five.ports[0], numberOfPorts: 5 } }]);
  expect(await call('release_ports', { folder: shop })).toEqual({ released: five.ports });
  expect(await call('release_ports', { folder: shop })).toEqual({ released: [] });
});

test.skipIf(!isLinux)('a worktree inside another folder is its own, and a submodule is not', async () => {
  const [shop] = folders('shop') as [string];
  const inside = (name: string, git: string) => {
    const folder = join(shop, name);
    mkdirSync(join(folder, 'src'), { recursive: true });
    writeFileSync(join(folder, '.git'), git);
    return folder;
  };
  mkdirSync(join(shop, '.git'));
  const worktree = inside('.worktrees/fix', `gitdir: ${shop}/.git/worktrees/fix\n`);
  const submodule = inside('vendor/lib', 'gitdir: ../../.git/modules/vendor/lib\n');
  const { call } = await startSession();
  const ports: number[] = [];
  for (const folder of [shop, worktree]) ports.push((await call('reserve_ports', { folder })).ports[0]!);
  expect(ports[0]).not.toBe(ports[1]);
  await serveIn(join(worktree, 'src'), ports[1]!);
  const ofSubmodule = (await call('reserve_ports', { folder: shop, label: 'lib' })).ports[0]!;
  await serveIn(join(submodule, 'src'), ofSubmodule);
  const whose = async (folder: string) =>
    (await call('explain_ports', { folder, ports: [ports[1]!, ofSubmodule] })).ports.map(
      ({ holders }) => holders[0]!.whose,
    );
  const inOrder = (await call('explain_ports', { folder: shop, ports: [ports[1]!, ofSubmodule] })).ports;
  const expected = (of: string, lib: string) => inOrder.map(({ port }) => (port === ports[1] ? of : lib));
  expect(await whose(shop)).toEqual(expected('otherFolder', 'yours'));
  expect(await whose(worktree)).toEqual(expected('yours', 'otherFolder'));
});

test.each([
  ['a relative path', 'shop', /^Invalid arguments: folder must be an absolute path/],
  ['a folder that is not there', '/nowhere/shop', /^Invalid arguments: folder must be a folder that is there.*ENOENT/],
  ['a file', process.execPath, /^Invalid arguments: folder must be a folder, not a file/],
])('%s is refused', async (_, folder, words) => {
  const { fail } = await startSession();
  for (const name of ['reserve_ports', 'release_ports', 'list_reservations'] as const) {
    expect(await fail(name, { folder })).toMatch(words);
  }
  expect(await fail('explain_ports', { folder, ports: [1] })).toMatch(words);
});

test('folders whose paths are long, or hold what a reservation cannot, are told apart', async () => {
  const long = 'a'.repeat(200);
  const worktrees = folders(`${long}/${long}/1${long}/x`, `${long}/${long}/2${long}/x`, '[a]*?\n`', '[a]*?\t`');
  const { call } = await startSession();
  const seen = new Set<string>();
  for (const folder of worktrees) {
    await call('reserve_ports', { folder });
    const { reservations } = await call('list_reservations', { folder });
    expect(reservations).toHaveLength(1);
    seen.add(reservations[0]!.reason!);
  }
  expect(seen.size).toBe(4);
});
