import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, unlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { portreservation, start } from '../cli/support.ts';
import { noNamespaces } from '../support/namespace.ts';
import { ownHome } from '../support/worker.ts';
import { ask, connectTo, reservations, startTree, whenReserved } from './support.ts';

const own = `${process.pid}\n`;

function folder(below = ''): string {
  const made = mkdtempSync(join(tmpdir(), 'port-reservation-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  mkdirSync(join(made, below), { recursive: true });
  return join(made, below);
}

describe.skipIf(process.platform === 'win32')('who asks in ways that nobody should (skipped on Windows)', () => {
  test.each([
    '-1\n',
    ' 1\n',
    '\n',
    '\0\0',
    'GET / HTTP/1.1\r\n\r\n',
    '9'.repeat(200_000),
    `${own.trim()} ${'{'.repeat(70_000)}`,
  ])('text that is nothing (case %#) ends that connection, and nobody else notices', async (text) => {
    const { portserver } = await startTree();
    await ask(portserver, text).catch((error) => expect(error.code).toMatch(/EPIPE|ECONNRESET/));
    expect(await ask(portserver, own)).toMatch(/^\d+\n$/);
  });

  test.each(['[]', '{"numberOfPorts":1} more', '{"numberOfPorts":', 'tcp'])(
    'a wish that is no object is refused as every other: %s',
    async (wish) => {
      const { portserver } = await startTree();
      const { refused } = JSON.parse(await ask(portserver, `${process.pid} ${wish}\n`));
      expect(refused.message).toContain('JSON');
    },
  );

  test('who connects and says nothing, or half a line, or goes in the middle, keeps nobody waiting', async () => {
    const { run, portserver } = await startTree();
    for (const text of ['', '4', `${process.pid}`, `${process.pid} {"numberOf`, 'Content-Length: 10\r\n\r\n{'])
      for (const goes of [false, true]) {
        const socket = await connectTo(portserver);
        socket.write(text);
        if (goes) socket.destroy();
      }
    expect(await ask(portserver, own)).toMatch(/^\d+\n$/);
    run.child.kill('SIGTERM');
    expect((await run.ended).code).toBe(143);
  });

  test('one may ask for another process, also for exec itself, and that one has it', async () => {
    const { run, env, portserver } = await startTree();
    const port = Number(await ask(portserver, `${run.child.pid}\n`));
    await whenReserved(env, (all) => all.some(({ range }) => range.startPort === port));
    const [one] = (await reservations(env)).filter(({ range }) => range.startPort === port);
    expect(one!.owner!.processId).toBe(run.child.pid);
  });

  test('who has died, and is not waited for, is given nothing', async () => {
    const { portserver } = await startTree();
    const parent = spawn('sh', ['-c', 'sh -c exit & echo $!; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [said] = await once(parent.stdout, 'data');
    await expect.poll(() => ask(portserver, `${String(said).trim()}\n`)).toBe('0\n');
  });

  test('a process that forks has its own, and its child keeps what the child asked for', async () => {
    const { env, portserver } = await startTree();
    const script = `import os, signal, socket
def ask():
    s = socket.socket(socket.AF_UNIX); s.connect(${JSON.stringify(portserver)}); s.sendall(b"%d\\n" % os.getpid()); return s.recv(9).decode().strip()
parent = os.getpid()
ask()
if os.fork():
    os._exit(0)
print(f"{os.getpid()} {parent} {ask()}\\n", end="", flush=True)
signal.pause()`;
    const child = spawn('python3', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = await once(child.stdout, 'data');
    const [id, parent, port] = String(said).trim().split(' ').map(Number) as [number, number, number];
    onTestFinished(() => void process.kill(id, 'SIGKILL'));
    const owners = (all: Awaited<ReturnType<typeof reservations>>) => all.map(({ owner }) => owner?.processId);
    await whenReserved(env, (all) => owners(all).includes(id) && !owners(all).includes(parent));
    const kept = (await reservations(env)).filter(({ owner }) => owner?.processId === id);
    expect(kept.map(({ range }) => range.startPort)).toEqual([port, port]);
  });
});

describe.skipIf(noNamespaces)(`in a process namespace of its own (skipped: ${noNamespaces})`, () => {
  test('what take reserves is the shell’s that is meant, not of who has its number outside', async () => {
    const { env, address } = await startTree();
    const script =
      'A=$("$0" "$1" take --name within); B=$("$0" "$1" take --pid 1 --name first); echo $$ $A $B .; read -r _';
    const words = ['-pf', '--mount-proc', '--kill-child', 'sh', '-c', `sh -c '${script}' "$0" "$1"; true`];
    const child = spawn('unshare', [...words, process.execPath, portreservation], {
      env: { ...env, PORT_RESERVATION_ADDRESS: address },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [said] = await once(child.stdout, 'data');
    const [id, port] = String(said).split(' ').map(Number) as [number, number];
    expect(id).toBeGreaterThan(1);
    // When one that has died since has lost its own, it was looked for the dead.
    const sleeper = spawn('sleep', ['1000']);
    await ask(address, `${sleeper.pid} {"name":"marker"}\n`);
    sleeper.kill('SIGKILL');
    await whenReserved(env, (all) => !all.some(({ name }) => name === 'marker'));
    const names = (await reservations(env)).map(({ name, range }) => `${name} ${range.startPort}`);
    expect(names).toContain(`within ${port}`);
    expect(names.join()).toContain('first');
    child.stdin.end('\n');
    await whenReserved(env, (all) => !all.some(({ name }) => name === 'within' || name === 'first'));
  });

  test('another process that is given the number of the one that died does not keep its ports', async () => {
    const script = `sleep 1000 & A=$!
"$0" "$1" take --pid $A --name first > /dev/null
"$0" "$1" get --json | grep -c first
kill -9 $A; wait $A 2> /dev/null
echo $((A - 1)) > /proc/sys/kernel/ns_last_pid; sleep 1000 & B=$!
test $A = $B && echo same
while "$0" "$1" get --json | grep -q first; do sleep 0.1; done
kill -0 $B && echo freed; kill -9 $B`;
    const exec = [process.execPath, portreservation, 'exec', '--quiet', '--'];
    const words = [
      '-pf',
      '--mount-proc',
      '--kill-child',
      ...exec,
      'sh',
      '-c',
      script,
      process.execPath,
      portreservation,
    ];
    const run = spawn('unshare', words, { env: ownHome(onTestFinished), stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void run.kill('SIGKILL'));
    expect(await text(run.stdout)).toBe('1\nsame\nfreed\n');
  });

  test('a number that nobody has there is nobody’s, though somebody has it outside', async () => {
    const { address } = await startTree();
    const script = `import socket; s = socket.socket(socket.AF_UNIX); s.connect("${address}"); s.sendall(b"${process.pid}\\n"); print(s.recv(9).decode())`;
    const words = ['-pf', '--mount-proc', 'python3', '-c', script];
    expect(spawnSync('unshare', words, { encoding: 'utf8' }).stdout.trim()).toBe('0');
  });
});

describe.skipIf(process.platform === 'win32')('where the address lies (skipped on Windows)', () => {
  const said = (env: NodeJS.ProcessEnv, script = 'echo "$PORTSERVER_ADDRESS"; test -S "$PORTSERVER_ADDRESS"') =>
    start(['exec', '--quiet', '--', 'sh', '-c', script], { env }).ended;

  test.each([
    ['is too long for a socket', () => folder('x'.repeat(100))],
    ['is not there', () => join(folder(), 'nothing')],
    ['is a file', () => process.execPath],
    ['is relative', () => '.'],
  ])('a TMPDIR that %s is not used', async (_, path) => {
    const env = { ...ownHome(onTestFinished), TMPDIR: path(), XDG_RUNTIME_DIR: path() };
    const { code, stdout, stderr } = await said(env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(Buffer.byteLength(stdout.trim())).toBeLessThan(104);
  });

  test('a path that is too long is refused as that, not cut off', async () => {
    const path = join(folder('x'.repeat(100)), 'sock');
    const { code, stderr } = await start(['serve', '--listen', path]).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/longer than .* 10\d bytes/);
  });

  test('without TMPDIR, HOME and standard streams there is an address, too', async () => {
    const { PATH, PORT_RESERVATION_HOME } = ownHome(onTestFinished);
    const out = join(folder(), 'out');
    const script = `"$0" "$1" exec -- sh -c '"$0" "$1" take > "$2"' "$0" "$1" "$2" <&- >&- 2>&-`;
    const run = spawnSync('sh', ['-c', script, process.execPath, portreservation, out], {
      env: { PATH, PORT_RESERVATION_HOME },
      encoding: 'utf8',
    });
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(spawnSync('cat', [out], { encoding: 'utf8' }).stdout).toMatch(/^\d+\n$/);
  });

  test('when its file is taken away exec goes on and ends as ever, and so it does when its folder is opened to all', async () => {
    const first = await startTree();
    unlinkSync(first.address);
    const second = await startTree();
    chmodSync(dirname(second.address), 0o755);
    onTestFinished(() => chmodSync(dirname(second.address), 0o700));
    expect(await ask(second.address, own)).toMatch(/^\d+\n$/);
    const third = await startTree();
    expect(dirname(third.address)).not.toBe(dirname(second.address));
    for (const { run, address } of [first, second, third]) {
      run.child.kill('SIGTERM');
      expect((await run.ended).code).toBe(143);
      expect(existsSync(address)).toBe(false);
    }
  });
});

describe.skipIf(process.platform !== 'linux')('few open files (skipped: needs Linux)', () => {
  test('connections beyond what exec may open are closed, and the others are served', async () => {
    const say = 'echo "at $PORTSERVER_ADDRESS ."; exec sleep 1000';
    const script = 'ulimit -n 64; exec "$0" "$@"';
    const words = [process.execPath, portreservation, 'exec', '--quiet', '--', 'sh', '-c', say];
    const child = spawn('sh', ['-c', script, ...words], {
      env: ownHome(onTestFinished),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    });
    const [said] = await once(child.stdout, 'data');
    const address = /at (\S+) \./.exec(String(said))![1]!;
    const idle: Socket[] = [];
    for (let count = 0; count < 100; count++) idle.push(await connectTo(address));
    const open = () => idle.filter(({ destroyed, readableEnded }) => !destroyed && !readableEnded);
    for (const socket of idle) socket.resume();
    const [first] = idle as [Socket];
    const answer = once(first, 'data');
    first.write(own);
    expect(String(await answer)).toMatch(/^[1-9]\d*\n$/);
    for (const socket of open()) socket.destroy();
    await expect.poll(() => ask(address, own).catch(() => '')).toMatch(/^[1-9]\d*\n$/);
  });
});
