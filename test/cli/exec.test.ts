import { once } from 'node:events';
import { createConnection } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { lacking, tryBinds } from '../kernel/held/support/python.ts';
import { ownHome } from '../support/worker.ts';
import { commandLine, start } from './support.ts';

useOwnNetwork();

const node = process.execPath;

/** What an ordinary server of each kind says when it listens, and how it is started. */
const nodeServer = `
  const server = require('net').createServer((socket) => socket.write('node'));
  server.listen(process.env.PORT, () => console.log('listens on ' + process.env.PORT));`;
const pythonServer = `
import os, socketserver
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"python")
        self.request.recv(1)
class Server(socketserver.TCPServer):
    allow_reuse_address = True
with Server(("", int(os.environ["PORT"])), Handler) as server:
    print("listens on", os.environ["PORT"], flush=True)
    server.serve_forever()`;
const bashServer = `exec "$NODE" -e "require('net').createServer((socket) => socket.write('bash'))
  .listen($PORT_1, () => console.log('listens on $PORT_1'))"`;

/** Hangs up first, so that no closing connection is left on the server's port. */
async function answer(port: string): Promise<string> {
  const socket = createConnection(Number(port), '127.0.0.1').setEncoding('utf8');
  const [text] = await once(socket, 'data');
  socket.end();
  await once(socket, 'close');
  return text;
}

const servers: [string, string[]][] = [
  ['node', [node, '-e', nodeServer]],
  ['python', ['python3', '-c', pythonServer]],
  ['bash', ['bash', '-c', bashServer]],
];

describe.skipIf(process.platform === 'win32')('exec', () => {
  test.skipIf(lacking.python).each(servers)(
    `lets a server of %s listen on its port, which is free afterwards${lacking.python}`,
    async (name, command) => {
      const env = { ...ownHome(onTestFinished), NODE: node };
      const run = start(['exec', '--quiet', '--ports', '2', '--', ...command], { env });
      const [, port] = await run.line(/listens on (\d+)\n/);
      expect(await answer(port!)).toBe(name);
      run.child.kill('SIGTERM');
      expect(await run.ended).toMatchObject({ code: 128 + 15, stderr: '' });
      expect(tryBinds([{ protocol: 'tcp', address: '::', port: Number(port) }])).toEqual([Number(port)]);
    },
  );

  test.skipIf(lacking.python)(
    `lets http.server of Python listen, the port filled in by its arguments${lacking.python}`,
    async () => {
      const words = ['python3', '-u', '-m', 'http.server', '--bind', '127.0.0.1', '{PORT}'];
      const run = start(['exec', '--', ...words]);
      const [, port] = await run.line(/Serving HTTP on 127\.0\.0\.1 port (\d+)/);
      expect((await fetch(`http://127.0.0.1:${port}/package.json`)).status).toBe(200);
    },
  );

  test.skipIf(lacking.python)(`keeps others away until the command binds${lacking.python}`, async () => {
    const env = ownHome(onTestFinished);
    const run = start(['exec', '--name', 'web', '--', 'sh', '-c', 'echo has $PORT; sleep 1000'], { env });
    const port = Number((await run.line(/has (\d+)/))[1]);
    const attempt = (...options: string[]) => ({ protocol: 'tcp' as const, address: '0.0.0.0', port, options });
    expect(tryBinds([attempt(), attempt('SO_REUSEADDR')])).toEqual(['EADDRINUSE', port]);
    const other = start(['exec', '--start-port', `${port}`, '--', 'true'], { env });
    expect(await other.ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/overlaps .* "web"/) });
    const strict = start(['exec', '--hold', 'strict', '--', 'sh', '-c', 'echo has $PORT; sleep 1000'], { env });
    const held = Number((await strict.line(/has (\d+)/))[1]);
    const take = (...options: string[]) => ({ protocol: 'tcp' as const, address: '0.0.0.0', port: held, options });
    expect(tryBinds([take('SO_REUSEADDR'), take('SO_REUSEPORT')])).toEqual(['EADDRINUSE', held]);
    const none = start(['exec', '--hold', 'none', '--', 'sh', '-c', 'echo has $PORT; sleep 1000'], { env });
    const free = Number((await none.line(/has (\d+)/))[1]);
    expect(tryBinds([{ protocol: 'tcp', address: '::', port: free }])).toEqual([free]);
  });

  test('leaves UDP ports to the command, and keeps them from those who ask', async () => {
    const env = ownHome(onTestFinished);
    const server =
      "const s = require('dgram').createSocket('udp4').bind(process.env.PORT, () => console.log('at ' + s.address().port))";
    const words = ['exec', '--protocol', 'udp', '--start-port', '21650'];
    const run = start([...words, '--', node, '-e', server], { env });
    await run.line(/at 21650\n/);
    expect(await start([...words, '--', 'true'], { env }).ended).toMatchObject({ code: 1 });
    run.child.kill('SIGTERM');
    const said =
      'portreservation: udp 21650 is free and not held: other users and other programs may take it before the command does.\n';
    expect(await run.ended).toMatchObject({ code: 143, stderr: said });
  });

  test('warns of nothing where nothing was to be held', async () => {
    const words = ['exec', '--hold', 'none', '--start-port', '21650', '--', 'true'];
    // Where the machine is slow, it is also said that nothing listened.
    const stderr = expect.stringMatching(
      /^portreservation: tcp 21650 for true: not held; whoever binds it first has it\n(?:portreservation: nothing was seen .*\n)?$/,
    );
    expect(await commandLine()(...words)).toEqual({ code: 0, stdout: '', stderr });
  });

  test('two at once have different blocks', async () => {
    const env = ownHome(onTestFinished);
    // Wherever the first of them is, there is room for the other.
    const words = ['exec', '--ports', '3', '--within', '21000-21008', '--', 'sh', '-c', 'echo has $PORT; sleep 1000'];
    const runs = [start(words, { env }), start(words, { env })];
    const [one, other] = await Promise.all(runs.map(async (run) => Number((await run.line(/has (\d+)/))[1])));
    expect(Math.abs(one! - other!)).toBeGreaterThanOrEqual(3);
  });

  test('tells the command its ports, in variables and in its arguments', async () => {
    const run = commandLine();
    const words = [
      'exec',
      '--ports',
      '2',
      '--start-port',
      '21700',
      '--protocol',
      'tcp,udp',
      '--hold',
      'none',
      '--quiet',
      '--env',
      'API_PORT=1',
    ];
    const print = 'printenv PORT PORT_0 PORT_1 PORT_COUNT PORT_RANGE API_PORT; echo $* --json';
    expect(await run(...words, '--', 'sh', '-c', print, 'sh', 'x{PORT_1}y', '{API_PORT}', '{PORT_2}', '{}')).toEqual({
      code: 0,
      stdout: '21700\n21700\n21701\n2\n21700-21701\n21701\nx21701y 21701 {PORT_2} {} --json\n',
      stderr: '',
    });
    const others = ['\u0024{PORT}', '#{PORT}', '$ENV{PORT}', '@x{PORT}', '-{PORT}', '{PORT}{PORT}'];
    expect(await run('exec', '--quiet', '--start-port', '21700', '--', 'echo', ...others)).toMatchObject({
      stdout: '\u0024{PORT} #{PORT} $ENV{PORT} @x{PORT} -21700 2170021700\n',
    });
    const named = ['--start-port', '21700', '--env-prefix', 'WEB', 'sh', '-c', 'echo $WEB $WEB_0 $WEB_RANGE $PORT'];
    expect(await run('exec', ...named)).toMatchObject({ code: 0, stdout: '21700 21700 21700-21700\n' });
  });

  test('knows no variables but its own, and these whatever they are called', async () => {
    const words = [
      '--quiet',
      '--start-port',
      '21700',
      '--env',
      '__proto__=0',
      '--',
      'sh',
      '-c',
      'printenv __proto__; echo $*',
    ];
    expect(await commandLine()('exec', ...words, 'sh', '{constructor}', '{toString}', '{__proto__}')).toEqual({
      code: 0,
      stdout: '21700\n{constructor} {toString} 21700\n',
      stderr: '',
    });
  });

  test.each([
    ['its own', 'exit 3', 3],
    ['128 and the signal', 'kill -KILL $$', 137],
  ])('ends with the exit code of the command: %s', async (_, script, code) => {
    expect(await commandLine()('exec', '--quiet', '--', 'sh', '-c', script)).toEqual({ code, stdout: '', stderr: '' });
  });

  test.each([
    ['not-a-command-of-anybody', 127, 'portreservation: "not-a-command-of-anybody" was not found.\n'],
    ['/etc/passwd', 126, 'portreservation: "/etc/passwd" cannot be run: spawn /etc/passwd EACCES.\n'],
    ['/etc/passwd/x', 126, 'portreservation: "/etc/passwd/x" cannot be run: spawn ENOTDIR.\n'],
    ['', 127, 'portreservation: "" was not found.\n'],
  ])('a command that cannot be run: %s', async (command, code, stderr) => {
    const run = commandLine();
    expect(await run('exec', '--', command)).toEqual({ code, stdout: '', stderr });
    expect(await run('get')).toMatchObject({ stdout: '' });
  });

  test.each([
    ['--env 1A=0 -- true', /argument '1A=0' is invalid\. It must be NAME=INDEX/],
    ['--env A=2 --ports 2 -- true', /^portreservation: --env A=2 names no port of the block: it must be 0 to 1\.\n/],
    ['--env-prefix A-B -- true', /argument 'A-B' is invalid\. It must be letters/],
    ['--hold tight -- true', /argument 'tight' is invalid\. Allowed choices are strict, yield, none, auto\./],
    ['', /^portreservation: missing required argument 'command'/],
  ])('refuses "%s"', async (line, message) => {
    const { code, stderr } = await commandLine()('exec', ...line.split(' ').filter(Boolean));
    expect(code).toBe(64);
    expect(stderr).toMatch(message);
  });

  test('--what-if runs nothing', async () => {
    const run = commandLine();
    expect(await run('exec', '--start-port', '21800', '--what-if', '--', 'echo', 'ran')).toEqual({
      code: 0,
      stdout: 'Would reserve tcp 21800, and run echo ran\n',
      stderr: '',
    });
  });
});
