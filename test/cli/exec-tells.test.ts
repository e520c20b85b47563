import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lacking } from '../kernel/held/support/python.ts';
import { ownHome } from '../support/worker.ts';
import { start } from './support.ts';

const node = process.execPath;
const sayPort = [node, '-p', 'process.env.PORT'];
const folder = () => {
  const made = realpathSync(mkdtempSync(join(tmpdir(), 'port-reservation-exec-')));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
};
const lines = (text: string) => text.split('\n').filter(Boolean);

test.each([
  [
    ['--name', 'vite'],
    /^portreservation: tcp \d+ for vite: (kept from port 0 and connect; a server that names it gets in)$/,
  ],
  [
    ['--ports', '2'],
    /^portreservation: tcp \d+-\d+ for node: (kept from port 0 and connect; a server that names them gets in)$/,
  ],
  [['--hold', 'none'], /^portreservation: tcp \d+ for node: (not held; whoever binds it first has it)$/],
  [['--hold', 'strict'], /^portreservation: tcp \d+ for node: (held; .* SO_REUSEPORT get it, and nobody else)$/],
  [['--protocol', 'udp'], /^portreservation: udp \d+ is free and (not held): /],
])('exec %j says in one line what the command is given', async (options, line) => {
  if (process.platform !== 'linux') return;
  const env = ownHome(onTestFinished);
  const { stderr, stdout } = await start(['exec', ...options, '--', ...sayPort], { env }).ended;
  expect(lines(stderr)[0]).toMatch(line);
  expect(lines(stderr)[0]).toContain(` ${stdout.trim()}`);
  expect((await start(['exec', '--quiet', ...options, '--', ...sayPort], { env }).ended).stderr).toBe('');
});

test('exec says that nothing listened on its port, and where the command listened instead', async () => {
  const server = (milliseconds: number) => `
    const server = require('net').createServer().listen(0, () => console.log('at ' + server.address().port));
    setTimeout(() => process.exit(), ${milliseconds});`;
  // On a busy machine it is looked later.
  for (const milliseconds of [1000, 4000, 16_000]) {
    const { stdout, stderr } = await start(['exec', '--', node, '-e', server(milliseconds)]).ended;
    const [, given] = /tcp (\d+) for node/.exec(stderr)!;
    const what = `portreservation: nothing was seen listening on tcp ${given} while node ran`;
    expect(lines(stderr)[1]).toContain(what);
    const where = `${what}; node \\(process \\d+\\) listened on tcp ${stdout.slice(3).trim()}\\. Hand the port on: {PORT} in its arguments`;
    if (new RegExp(where).test(stderr)) return;
  }
  expect.unreachable('it was not seen where the command listened');
});

test('exec has no advice where the port is filled in, or is used for a moment', async () => {
  const idle = await start(['exec', '--env-prefix', 'WEB', '--', node, '-e', 'setTimeout(() => {}, 300)', '{WEB}'])
    .ended;
  expect(idle.stderr).toMatch(/nothing was seen listening on tcp \d+ while node ran\.\n$/);
  const server = "require('net').createServer().listen(process.env.PORT, () => setTimeout(() => process.exit(), 400))";
  expect(lines((await start(['exec', '--', node, '-e', server]).ended).stderr)).toHaveLength(1);
});

test.skipIf(lacking.python)(`exec counts a server that came and went between two looks${lacking.python}`, async () => {
  const quick = `
import os, socket
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('127.0.0.1', int(os.environ['PORT'])))
server.listen()
client = socket.create_connection(server.getsockname())
server.accept()[0].close()
client.close()
server.close()`;
  for (let time = 0; time < 3; time++) {
    const { stderr, code } = await start(['exec', '--', 'python3', '-c', quick]).ended;
    expect([code, lines(stderr).slice(1)]).toEqual([0, []]);
  }
});

test('exec --name gives the same port in the same folder while it is free, and another in another', async () => {
  const env = ownHome(onTestFinished);
  const [one, other] = [folder(), folder()];
  const portIn = async (cwd: string, name = 'vite') =>
    (await start(['exec', '--name', name, '--', ...sayPort], { env, cwd }).ended).stdout.trim();
  const port = await portIn(one);
  expect(port).toMatch(/^\d+$/);
  expect(await portIn(one)).toBe(port);
  expect(await portIn(other)).not.toBe(port);
  expect(await portIn(one, 'api')).not.toBe(port);
  const busy = start(
    ['exec', '--name', 'vite', '--', node, '-e', "console.log('has ' + process.env.PORT); setInterval(() => {}, 1e6)"],
    {
      env,
      cwd: one,
    },
  );
  expect((await busy.line(/has (\d+)/))[1]).toBe(port);
  const second = await portIn(one);
  expect(second).not.toBe(port);
  busy.child.kill('SIGTERM');
  await busy.ended;
  expect(await portIn(one)).toBe(port);
});

test('exec --use runs in what is reserved, and leaves it as it was', async () => {
  const env = ownHome(onTestFinished);
  const run = (...words: string[]) => start(words, { env, stdio: 'pipe' }).ended;
  const provider = ['--provider', 'ledger'];
  await run('new', '--persistent', '--start-port', '21360', '--ports', '2', '--name', 'web', ...provider);
  const print = [node, '-p', '[process.env.PORT_RANGE, process.env.API].join()'];
  for (const word of ['web', '21360-21361']) {
    const { code, stdout } = await run('exec', '--use', word, '--env', 'API=1', ...provider, '--', ...print);
    expect([code, stdout]).toEqual([0, '21360-21361,21361\n']);
  }
  expect((await run('get', ...provider)).stdout).toContain('21360');
  expect(await run('exec', '--use', 'web', '--env', 'API=2', ...provider, '--', ...print)).toMatchObject({ code: 64 });
  expect(await run('exec', '--use', 'nothing', '--', 'true')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no reservation of the name "nothing"'),
  });
  expect(await run('exec', '--use', 'web', '--start-port', '5000', '--', 'true')).toMatchObject({ code: 64 });
  expect(await run('exec', '--use', 'web', '--what-if', ...provider, '--', 'echo')).toMatchObject({
    code: 0,
    stdout: 'Would run echo\n',
  });
  await run('new', '--persistent', '--start-port', '21370', '--name', 'web', ...provider);
  expect(await run('exec', '--use', 'web', ...provider, '--', 'true')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--use 21360-21361, or --use 21370'),
  });
});
