import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { nobody } from '../kernel/held/support/python.ts';
import { frame, request } from '../support/frames.ts';
import { tryBind } from '../support/sockets.ts';
import { ask, connectTo, converse, reservations, startTree, whenReserved } from './support.ts';

/** A process that does nothing until it is killed. */
function sleeper() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

const owners = (all: Awaited<ReturnType<typeof reservations>>) => all.map(({ owner }) => owner?.processId);

describe.skipIf(process.platform === 'win32')('ports on demand under exec (skipped on Windows)', () => {
  test('a process id is answered with a port that is its own until it ends', async () => {
    const { env, portserver } = await startTree();
    const asker = sleeper();
    const port = Number(await ask(portserver, `${asker.pid}\n`));
    expect(await tryBind('tcp', port, '0.0.0.0')).toBe('bound');
    const isTheirs = (all: Awaited<ReturnType<typeof reservations>>) =>
      all.some(({ range, owner }) => range.startPort === port && owner?.processId === asker.pid);
    await whenReserved(env, isTheirs);
    const theirs = (await reservations(env)).filter(({ range }) => range.startPort === port);
    expect(theirs.map(({ protocol }) => protocol)).toEqual(['tcp', 'udp']);
    expect(Date.parse(theirs[0]!.owner!.processStartTime!)).toBeGreaterThan(Date.now() - 60_000);
    asker.kill('SIGKILL');
    await whenReserved(env, (all) => !owners(all).includes(asker.pid));
  });

  test('whose a port is can be read at the address as soon as it was given', async () => {
    const { address, portserver } = await startTree();
    const { peer } = await converse(address);
    peer.request(1, 'reservation/list', {});
    await peer.next();
    const askers = Array.from({ length: 4 }, sleeper);
    const line = await connectTo(portserver);
    for (const [index, { pid }] of askers.entries()) {
      line.write(`${pid}\n`);
      const [given] = (await once(line, 'data')) as [Buffer];
      peer.request(index + 2, 'reservation/list', { port: Number(given) });
      const listed = (await peer.next()).result as { reservations: Awaited<ReturnType<typeof reservations>> };
      expect(owners(listed.reservations)).toEqual([pid, pid]);
    }
  });

  test('who asks again gets another one, and each of many gets its own', async () => {
    const { portserver } = await startTree();
    const asked = await Promise.all(Array.from({ length: 40 }, () => ask(portserver, `${process.pid}\n`.repeat(10))));
    const ports = asked.flatMap((text) => text.trim().split('\n').map(Number));
    expect(ports).toHaveLength(400);
    expect(new Set(ports).size).toBe(400);
    expect(Math.min(...ports)).toBeGreaterThan(1023);
  });

  test.each(['2147483646\n', '0\n', '1x\n', `9${'9'.repeat(40)}\n`])('%j is answered with 0', async (line) => {
    const { portserver } = await startTree();
    expect(await ask(portserver, line)).toBe('0\n');
  });

  test('a line without an end is answered when the other end has no more to say', async () => {
    const { portserver } = await startTree();
    expect(await ask(portserver, `${process.pid}`)).toMatch(/^\d{4,5}\n$/);
  });

  test('a line may say what is wanted, in the words of reservation/create', async () => {
    const { env, portserver } = await startTree();
    const wish = { numberOfPorts: 3, name: 'web', protocol: 'udp', hold: 'strict' };
    const answer = JSON.parse(await ask(portserver, `${process.pid} ${JSON.stringify(wish)}\n`));
    const [made] = answer.created.reservations;
    expect(made).toMatchObject({ protocol: 'udp', name: 'web', range: { numberOfPorts: 3 } });
    expect(await reservations(env)).toContainEqual(expect.objectContaining({ name: 'web', range: made.range }));
    expect(await tryBind('udp', made.range.startPort, '0.0.0.0')).toBe('EADDRINUSE');
  });

  test.each([
    ['{"numberOfPorts":0}', 'numberOfPorts'],
    ['{"lifetime":"persistent"}', 'lifetime'],
    ['{"whatIf":true}', 'whatIf'],
    ['{x}', 'JSON'],
  ])('a wrong wish is refused by name: %s', async (wish, named) => {
    const { portserver } = await startTree();
    const said = await ask(portserver, `${process.pid} ${wish}\n`);
    expect(JSON.parse(said).refused.message).toContain(named);
  });

  test('the whole contract is served, for as long as the connection lives', async () => {
    const { env, address } = await startTree();
    const { peer, socket } = await converse(address);
    peer.request(1, 'initialize', { protocolVersion: 1 });
    expect((await peer.next()).result).toMatchObject({ serverInfo: { name: 'portreservation' } });
    peer.request(2, 'reservation/create', { protocol: 'tcp', numberOfPorts: 2, name: 'wire' });
    const { range } = ((await peer.next()).result as { reservations: [{ range: { startPort: number } }] })
      .reservations[0];
    const mine = (await reservations(env)).find(({ name }) => name === 'wire');
    expect(mine).toMatchObject({ range, owner: { processId: process.pid } });
    expect(await tryBind('tcp', range.startPort, '0.0.0.0')).toBe('EADDRINUSE');
    socket.destroy();
    await whenReserved(env, (all) => !all.some(({ name }) => name === 'wire'));
    expect(await tryBind('tcp', range.startPort, '0.0.0.0')).toBe('bound');
  });

  test('what is asked for is free when exec ends, however it ends', async () => {
    const { run, env, address } = await startTree();
    const { peer } = await converse(address);
    peer.request(1, 'reservation/create', { protocol: 'tcp' });
    await peer.next();
    await ask(address, `${process.pid}\n`);
    run.child.kill('SIGKILL');
    await once(run.child, 'exit');
    expect(await reservations(env)).toEqual([]);
    await expect(connectTo(address)).rejects.toThrow('ECONNREFUSED');
  });

  test('what a killed exec left is removed by the next one, and a living one keeps its own', async () => {
    const living = await startTree();
    const killed = await startTree();
    killed.run.child.kill('SIGKILL');
    await once(killed.run.child, 'exit');
    expect(existsSync(killed.address)).toBe(true);
    const next = await startTree();
    await ask(next.address, `${process.pid}\n`);
    await expect.poll(() => existsSync(killed.address)).toBe(false);
    expect(existsSync(living.address)).toBe(true);
    next.run.child.kill('SIGTERM');
    await next.run.ended;
    expect(existsSync(next.address)).toBe(false);
  });

  test('exec in exec offers an address of its own', async () => {
    const { env, address } = await startTree();
    const inner = await startTree({ env: { ...env, PORT_RESERVATION_ADDRESS: address, PORTSERVER_ADDRESS: address } });
    expect(inner.address).not.toBe(address);
    expect(inner.portserver).toBe(inner.address);
  });

  test('the folder is this user’s alone', async () => {
    const { address } = await startTree();
    expect(statSync(dirname(address)).mode & 0o777).toBe(0o700);
    expect(statSync(address).mode & 0o777).toBe(0o600);
  });

  test('a client that never reads keeps nobody waiting, and does not keep exec', async () => {
    const { run, address } = await startTree();
    const socket = await connectTo(address);
    socket.pause();
    const flood = Buffer.concat(Array.from({ length: 4000 }, (_, id) => frame(request(id, 'rpc.discover', {}))));
    socket.write(flood);
    const lines = await connectTo(address);
    lines.pause();
    lines.write(`${process.pid}\n`.repeat(100_000));
    expect(await ask(address, `${process.pid}\n`)).toMatch(/^\d+\n$/);
    const { peer } = await converse(address);
    peer.request(1, 'reservation/create', { protocol: 'tcp' });
    expect((await peer.next()).result).toMatchObject({ reservations: [{ protocol: 'tcp' }] });
    run.child.kill('SIGTERM');
    await run.ended;
  });

  test('a thousand connections are served', async () => {
    const { address } = await startTree();
    const all = await Promise.all(Array.from({ length: 1000 }, () => converse(address)));
    for (const [id, { peer }] of all.entries()) peer.request(id, 'reservation/list', {});
    for (const [id, { peer }] of all.entries()) expect(await peer.next()).toMatchObject({ id, result: {} });
    expect(await ask(address, `${process.pid}\n`)).toMatch(/^\d+\n$/);
  });

  test.skipIf(process.geteuid?.() !== 0)('another user is refused (needs root)', async () => {
    const { address } = await startTree();
    const connect = `import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(${JSON.stringify(address)})`;
    const tried = spawnSync('python3', ['-c', connect], { uid: nobody, gid: nobody, encoding: 'utf8' });
    expect(tried.stderr).toContain('PermissionError');
  });
});
