import { once } from 'node:events';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { isThisMachine, parseAddress } from '../../src/cli/address.ts';
import { namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';
import { ownHome } from '../support/worker.ts';
import { commandLine, portreservation, start } from './support.ts';

const one = (startPort: number) => ({ range: { startPort, numberOfPorts: 1 } });

test.each([
  ['5173', one(5173)],
  [':5173', one(5173)],
  ['5000-5009', { range: { startPort: 5000, numberOfPorts: 10 } }],
  ['localhost:5173', { ...one(5173), host: 'localhost' }],
  ['*:5173', { ...one(5173), host: '*' }],
  ['[::1]:5173', { ...one(5173), host: '::1' }],
  ['http://localhost:3000/a?b#c', { ...one(3000), host: 'localhost' }],
  ['http://ada:secret@[::1]:3000', { ...one(3000), host: '::1' }],
  ['https://example.org', { ...one(443), host: 'example.org' }],
  ['53/udp', { ...one(53), protocol: 'udp' }],
  ['UDP:53', { ...one(53), protocol: 'udp' }],
  [':5173/tcp', { ...one(5173), protocol: 'tcp' }],
  ['localhost', undefined],
  ['localhost:0', undefined],
  ['localhost:99999', undefined],
  ['::1:80x', undefined],
  ['foo://localhost/', undefined],
  ['5173/sctp', undefined],
])('%s is understood as an address', (word, expected) => {
  expect(parseAddress(word)).toEqual(expected);
});

test('this machine is known by its names and addresses, and others are not taken for it', () => {
  for (const host of ['localhost', 'LOCALHOST', '127.1.2.3', '::1', '0.0.0.0', '*', 'app.localhost', hostname()]) {
    expect(isThisMachine(host), host).toBe(true);
  }
  for (const host of ['192.0.2.1', 'example.org', '2001:db8::1', 'localhost.example.org']) {
    expect(isThisMachine(host), host).toBe(false);
  }
});

test.each([
  ['lits', 'list'],
  ['lis', 'list'],
  ['realease', undefined],
  ['release', 'remove'],
  ['serv', 'serve'],
  ['kill', 'status'],
  ['5173', 'status 5173'],
  ['localhost:5173', 'status localhost:5173'],
  ['tset', 'test'],
  ['mep', undefined],
  ['banana', undefined],
  ['exclude lsit', 'list'],
  ['exclude remvoe', 'remove'],
  ['exclude banana', undefined],
  ['exec --nmae x -- true', '--name'],
  ['exec --udp -- true', '--protocol udp'],
  ['new --dry-run', '--what-if'],
  ['apply --dry-run ports.yaml', '--what-if'],
  ['find --port 5000', undefined],
  ['find --dry-run', undefined],
])('%s leads to %s', async (words, meant) => {
  const { code, stderr } = await commandLine()(...words.split(' '));
  expect(code).toBe(64);
  expect(/Did you mean (.*?)\?/.exec(stderr)?.[1]).toBe(meant);
});

test.each([
  ['run', 'exec'],
  ['reserve', 'exec'],
  ['list', 'get'],
  ['ls', 'get'],
  ['free', 'remove'],
  ['rm', 'remove'],
  ['exclude ls', 'exclude list'],
  ['exclude rm', 'exclude remove'],
])('%s is %s', async (alias, command) => {
  const run = commandLine();
  expect(await run(...alias.split(' '), '--help')).toEqual(await run(...command.split(' '), '--help'));
});

test('-v is --version', async () => {
  const run = commandLine();
  expect(await run('-v')).toEqual(await run('--version'));
});

test('--port and --count are understood where ports are reserved', async () => {
  const run = commandLine();
  const words = ['--port', '21350', '--count', '2'];
  expect(await run('run', ...words, '--', process.execPath, '-p', 'process.env.PORT_RANGE')).toMatchObject({
    code: 0,
    stdout: '21350-21351\n',
  });
  expect((await run('new', '--persistent', '--what-if', '--provider', 'ledger', ...words)).stdout).toBe(
    'Would reserve tcp 21350-21351.\n',
  );
  expect((await run('find', '--count', '2', '--plain')).stdout).toMatch(/^\d+\n\d+\n$/);
});

test('status without ports lists what listens, with who and how it was started', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const run = commandLine();
  const { ports } = JSON.parse((await run('status', '--json')).stdout);
  expect(ports).toContainEqual(expect.objectContaining({ protocol: 'tcp', port, verdict: 'listening' }));
  const line = (await run('status')).stdout
    .split('\n')
    .find((one) => one.startsWith('Tcp ') && one.includes(` ${port} `));
  expect(line).toContain(`${process.pid}`);
  expect(line).toContain('127.0.0.1');
  if (process.platform === 'linux') expect(line).toContain(`in ${process.cwd()}`);
  expect((await run('status', '--protocol', 'udp')).stdout).not.toContain(`${port} `);
});

test('status --exit-code says by 0 and 1 whether a server can have the ports', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const run = commandLine();
  expect((await run('status', `localhost:${port}`, '--exit-code')).code).toBe(1);
  expect((await run('status', `${port}`)).code).toBe(0);
  await new Promise((resolve) => server.close(resolve));
  expect((await run('status', `http://localhost:${port}/`, '--exit-code')).code).toBe(0);
  expect((await run('status', '--exit-code')).code).toBe(64);
});

test.skipIf(process.platform !== 'linux')('status says how the keeper of a reserved port was started', async () => {
  const env = ownHome(onTestFinished);
  const run = start(
    [
      'exec',
      '--quiet',
      '--',
      process.execPath,
      '-e',
      "console.log('has ' + process.env.PORT); setInterval(() => {}, 1e6)",
    ],
    { env },
  );
  const [, port] = await run.line(/has (\d+)/);
  const { stdout } = await start(['status', port!], { env }).ended;
  // Before Linux 6.8 the kernel lists no socket that is bound and no more.
  const { holders } = JSON.parse((await start(['status', port!, '--json'], { env }).ended).stdout).ports[0];
  if (holders.length > 0)
    expect(stdout).toMatch(new RegExp(`was started as:\\n {2}.* exec --quiet -- .*\\n {2}in ${process.cwd()}\\n`));
});

test('status of another machine says what can be seen from here, and where to ask', async () => {
  const run = commandLine();
  expect(await run('status', 'nowhere.invalid:80')).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^portreservation: There is no machine of the name nowhere\.invalid here/),
  });
  expect(await run('status', '192.0.2.1:80', '5173')).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('ssh 192.0.2.1 portreservation status 80'),
  });
});

test.skipIf(noNamespaces)(namespaceTitle('exclude takes ports at once, and remove takes names'), async () => {
  const { run } = await openNamespace();
  const home = ownHome(onTestFinished).PORT_RESERVATION_HOME;
  const say = (words: string) =>
    run(`PORT_RESERVATION_HOME=${home} ${process.execPath} ${portreservation} ${words} 2>&1 || echo "[$?]"`);
  expect(await say('exclude 5173 8000-8010,9000 --name "a, b" --protocol tcp,udp')).toMatch(
    /^(Excluded (tcp|udp) [\d-]+ "a, b"\.\n){6}$/,
  );
  expect(await say('complete -- exclude remove a')).toBe('a, b\ttcp 5173\n');
  expect(await say('exclude remove nothing 9000')).toMatch(
    /There is no exclusion of the name "nothing".*\nRemoved tcp 9000 "a, b"\.\n\[1\]\n$/s,
  );
  expect(await say('exclude rm "a, b" --protocol udp')).toMatch(/^(Removed udp .*\n){3}$/);
  expect(await say('exclude remove "a, b"')).toBe('Removed tcp 5173 "a, b".\nRemoved tcp 8000-8010 "a, b".\n');
  expect(await say('exclude list --own')).toBe('');
});
