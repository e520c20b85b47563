import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { thisHost } from '../../src/host.ts';
import { reserve, startWorker } from '../../src/index.ts';
import type { Reservation } from '../../src/protocol/generated/contract.ts';
import { portreservation, start } from '../cli/support.ts';
import { nobody } from '../kernel/held/support/python.ts';
import { tryBind } from '../support/sockets.ts';
import { ownHome } from '../support/worker.ts';
import { ask, reservations, startTree, whenReserved } from './support.ts';

/** A shell that goes on until its input ends, and says what it is told to. */
function shell(env: NodeJS.ProcessEnv, script: string, ...words: string[]) {
  const child = spawn(words[0] ?? 'sh', ['-c', `${script}\nread -r _`, process.execPath, portreservation], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = (async () => {
    let text = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      text += chunk;
      if (text.includes('.\n')) break;
    }
    return text;
  })();
  return { child, said };
}

async function listener(address?: string, env = ownHome(onTestFinished)) {
  const run = start(['serve', '--listen', ...(address === undefined ? [] : [address])], { env });
  const [, at, portserver] = await run.line(/^PORT_RESERVATION_ADDRESS=(.*)\nPORTSERVER_ADDRESS=(.*)\n/m);
  return { run, env, address: at!, portserver: portserver! };
}

const takeThem = 'A=$("$0" "$1" take --ports 2 --name mine); B=$("$0" "$1" take | head -1); echo $$ $A $B .';

describe.skipIf(process.platform === 'win32')('who joins an address (skipped on Windows)', () => {
  test.each(['sh', 'bash'])('take gives ports for the life of the shell that calls it: %s', async (name) => {
    const { env, address } = await startTree();
    const { child, said } = shell({ ...env, PORT_RESERVATION_ADDRESS: address }, takeThem, name);
    const [id, first, second, third] = (await said).split(' ').map(Number) as [number, number, number, number];
    expect(second).toBe(first + 1);
    const theirs = (await reservations(env)).filter(({ owner }) => owner?.processId === id);
    expect(theirs).toMatchObject([{}, {}]);
    expect(theirs.map(({ range }) => range.startPort).sort()).toEqual([first, third].sort());
    expect(theirs.map((one) => one.name).filter(Boolean)).toEqual(['mine']);
    child.stdin.end('\n');
    await once(child, 'exit');
    await whenReserved(env, (all) => !all.some(({ owner }) => owner?.processId === id));
  });

  test('take does the same without an address, and where nobody is there', async () => {
    const env = { ...ownHome(onTestFinished), PORT_RESERVATION_ADDRESS: '/nowhere/sock' };
    const { child, said } = shell(env, takeThem);
    const [, first, second] = (await said).split(' ').map(Number) as [number, number, number];
    expect(second).toBe(first + 1);
    expect((await reservations(env)).map(({ name }) => name)).toContain('mine');
    child.stdin.end('\n');
    await once(child, 'exit');
    await whenReserved(env, (all) => all.length === 0);
  });

  test.each(['/etc/passwd/x', '/etc/passwd', '/tmp', `/tmp/${'x'.repeat(300)}`, 'tcp://here', '@abstract', '8080'])(
    'take does the same where nobody can be: %s',
    async (address) => {
      const env = { ...ownHome(onTestFinished), PORT_RESERVATION_ADDRESS: address };
      const { child, said } = shell(env, 'echo $("$0" "$1" take) .');
      expect(await said).toMatch(/^\d+ \.$/m);
      child.stdin.end('\n');
      await once(child, 'exit');
      await whenReserved(env, (all) => all.length === 0);
    },
  );

  test.each(['{"created":', '{}\n', 'null\n', '0\n', 'HTTP/1.1 400\n\n', ''])(
    'take does the same where something else answers: %j',
    async (answer) => {
      const folder = mkdtempSync(join(tmpdir(), 'port-reservation-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const other = createNetServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(answer)));
      other.listen(join(folder, 'sock'));
      onTestFinished(() => void other.close());
      await once(other, 'listening');
      const env = { ...ownHome(onTestFinished), PORT_RESERVATION_ADDRESS: join(folder, 'sock') };
      const { child, said } = shell(env, 'echo $("$0" "$1" take) .');
      expect(await said).toMatch(/^\d+ \.$/m);
      child.stdin.end('\n');
      await once(child, 'exit');
      await whenReserved(env, (all) => all.length === 0);
    },
  );

  test('take says what is refused as new does', async () => {
    const { env, address } = await startTree();
    const inTree = { ...env, PORT_RESERVATION_ADDRESS: address };
    const [{ range }] = (await reservations(env)) as [Reservation];
    const words = ['take', '--start-port', `${range.startPort}`];
    const { code, stderr } = await start(words, { env: inTree }).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('overlaps the runtime reservation');
  });

  test('reserve() is held by exec for this process, which can listen on it, and start nothing', async () => {
    const { env, address } = await startTree();
    const host = { ...thisHost(), env: { ...env, PORT_RESERVATION_ADDRESS: address } };
    const block = await reserve({ numberOfPorts: 2, name: 'lib' }, { host });
    const mine = (await reservations(env)).find(({ name }) => name === 'lib');
    expect(mine).toMatchObject({ range: block.range, owner: { processId: process.pid } });
    expect(await tryBind('tcp', block.ports[0]!, '0.0.0.0')).toBe('EADDRINUSE');
    const server = createServer((_, response) => response.end('here'));
    await block.listen(server);
    expect(await (await fetch(`http://127.0.0.1:${block.ports[0]}`)).text()).toBe('here');
    await new Promise((resolve) => server.close(resolve));
    await block.release();
    await whenReserved(env, (all) => !all.some(({ name }) => name === 'lib'));
  });

  test('a refusal is the same error as of a service of its own', async () => {
    const { env, address } = await startTree();
    const host = { ...thisHost(), env: { ...env, PORT_RESERVATION_ADDRESS: address } };
    const [{ range }] = (await reservations(env)) as [Reservation];
    await expect(reserve({ startPort: range.startPort }, { host })).rejects.toMatchObject({
      errorName: 'RangeReserved',
    });
  });

  test('what a process has by reserve() does not keep it from its end, and is free with it', async () => {
    const { env, address } = await startTree();
    const lib = join(import.meta.dirname, '../../dist/lib/index.js');
    const script = `const { reserve } = await import(${JSON.stringify(lib)}); const b = await reserve({ name: 'brief' }); console.log(b.range.startPort);`;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...env, PORT_RESERVATION_ADDRESS: address },
      encoding: 'utf8',
    });
    expect(run).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\n$/), stderr: '' });
    await whenReserved(env, (all) => !all.some(({ name }) => name === 'brief'));
  });

  test('startWorker joins, and its end frees what it had; a dead exec is told', async () => {
    const { run, env, address } = await startTree();
    const worker = await startWorker({ env: { ...env, PORT_RESERVATION_ADDRESS: address } });
    expect(worker.processId).toBe(0);
    await worker.request('reservation/create', { protocol: 'tcp', name: 'joined' });
    await worker.close();
    await whenReserved(env, (all) => !all.some(({ name }) => name === 'joined'));
    const other = await startWorker({ address });
    run.child.kill('SIGKILL');
    await once(run.child, 'exit');
    await expect(other.request('reservation/list', {})).rejects.toThrow(`at ${address} has ended`);
    await expect(startWorker({ address })).rejects.toThrow('No worker serves this user');
    await expect(startWorker({ address, command: ['x'] })).rejects.toThrow('address goes without command');
    await using own = await startWorker({ env: { ...env, PORT_RESERVATION_ADDRESS: address } });
    expect(own.processId).toBeGreaterThan(0);
  });

  test('serve --listen serves all, until it is ended, in a folder of this user', async () => {
    const { run, env, address } = await listener();
    expect(Number(await ask(address, `${process.pid}\n`))).toBeGreaterThan(1023);
    await using worker = await startWorker({ address });
    await worker.request('reservation/create', { protocol: 'udp', name: 'listened' });
    expect((await reservations(env)).map(({ name }) => name)).toContain('listened');
    run.child.kill('SIGTERM');
    expect(await run.ended).toMatchObject({ code: 143 });
    expect(existsSync(address)).toBe(false);
    expect(await reservations(env)).toEqual([]);
  });

  test('serve --listen takes a path, also one that a killed one left, and not one where somebody serves', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'port-reservation-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'ports.sock');
    const killed = await listener(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    killed.run.child.kill('SIGKILL');
    await once(killed.run.child, 'exit');
    const again = await listener(path, killed.env);
    expect(again.address).toBe(path);
    const { code, stderr } = await start(['serve', '--listen', path], { env: killed.env }).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('Somebody serves there already');
    expect(await ask(path, `${process.pid}\n`)).toMatch(/^\d+\n$/);
  });

  test.skipIf(process.geteuid?.() !== 0)(
    'another user is refused where the folder lets it in (needs root)',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'port-reservation-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const { address } = await listener(join(folder, 'ports.sock'));
      chmodSync(folder, 0o755);
      chmodSync(address, 0o777);
      const script = `import socket; s=socket.socket(socket.AF_UNIX); s.connect("${address}"); s.sendall(b"1\\n"); print(s.recv(9))`;
      const other = spawnSync('python3', ['-c', script], { uid: nobody, gid: nobody, encoding: 'utf8' });
      expect(`${other.stdout}${other.stderr}`).toMatch(/b''|ConnectionResetError|BrokenPipeError/);
      expect(await ask(address, `${process.pid}\n`)).toMatch(/^\d+\n$/);
    },
  );
});
