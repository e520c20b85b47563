import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandLine, expectGolden, portreservation } from './support.ts';

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
const commands = [
  'exec',
  'new',
  'get',
  'find',
  'test',
  'remove',
  'status',
  'map',
  'exclude',
  'exclude add',
  'exclude list',
  'exclude remove',
  'apply',
  'export',
  'dsc',
  'settle',
  'completion',
  'uninstall',
];

test('--help of everything reads as the golden text does', async () => {
  const run = commandLine();
  const texts = [await run('--help')];
  for (const command of commands) texts.push(await run(...command.split(' '), '--help'));
  expect(texts.map(({ code, stderr }) => [code, stderr])).toEqual(texts.map(() => [0, '']));
  expect(texts.flatMap(({ stdout }) => stdout.split('\n').filter((line) => line.length > 80))).toEqual([]);
  expectGolden('help', texts.map(({ stdout }) => stdout).join('\n'));
});

test('help is another word for it', async () => {
  const run = commandLine();
  for (const words of [[], ['exclude'], ['exec']])
    expect(await run('help', ...words)).toEqual(await run(...words, '--help'));
});

test('--version is the version of the package', async () => {
  expect(await commandLine()('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test.each([
  ['', /^Usage: portreservation /],
  ['bogus', /^portreservation: unknown command 'bogus'\n {2}See portreservation --help\.\n$/],
  ['stat', /^portreservation: unknown command 'stat'\n {2}Did you mean status\? See portreservation --help\.\n$/],
  [
    'exclude list --bogus',
    /^portreservation: unknown option '--bogus'\n {2}See portreservation exclude list --help\.\n$/,
  ],
  [
    'new',
    /^portreservation: A reservation that is neither --persistent nor --for a time nor for a --pid .*\n {2}.* portreservation exec -- COMMAND\.\n$/,
  ],
  ['new --persistent --ports 0', /argument '0' is invalid\. It must be a whole number, 1 to 65535\./],
  ['new --persistent --ports 1e3', /argument '1e3' is invalid/],
  ['new --persistent --ports 10 --start-port 65530', /^portreservation: --number-of-ports must be at most 6 with /],
  [
    'new --persistent --start-port 5000 --within 5000-5010',
    /^portreservation: --within cannot be given together with /,
  ],
  ['new --persistent --name a\u0007', /^portreservation: --name /],
  ['new --persistent --protocol sctp', /It must be tcp, udp, or tcp,udp\./],
  ['find --within 9-5', /It must be a port, 1 to 65535, or first and last of them/],
  ['find --provider bsd', /argument 'bsd' is invalid\. Allowed choices are auto, windows, linux, ledger\./],
  ['status 0', /^portreservation: '0' is invalid for <ports>\. It must be a port, 1 to 65535/],
  ['test', /^portreservation: Say which reservations: a range, a name, or --port\./],
  ['remove', /^portreservation: Say which: /],
  ['exclude', /^Usage: portreservation exclude /],
  ['exclude add', /^portreservation: missing required argument 'ranges'/],
  ['exclude add 5 --store later', /argument 'later' is invalid\. Allowed choices are active, persistent\./],
  ['exclude add 5 --name a\u0007', /^portreservation: --name must not contain control characters/],
  ['apply', /^portreservation: missing required argument 'file'/],
  [
    'export --format toml',
    /argument 'toml' is invalid\. Allowed choices are json, yaml, env, compose, devcontainer, systemd-socket\./,
  ],
  ['map --width 20', /argument '20' is invalid\. It must be a whole number, 40 to 500\./],
  ['map --svg x.svg --plain', /option '--svg <file>' cannot be used with option '--plain'/],
  ['remove --token 0', /^portreservation: --token must be a string of decimal digits, 1 to 18446744073709551615\.\n$/],
])('refuses "%s" with exit code 64 and why', async (line, message) => {
  const { code, stdout, stderr } = await commandLine()(...line.split(' ').filter(Boolean));
  expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  expect(stderr).toMatch(message);
});

test('an error of the service has its hint, exit code 1, and with --json all its facts', async () => {
  const run = commandLine();
  expect(await run('remove', 'nothing')).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'portreservation: There is no reservation of the name "nothing".\n  portreservation get lists the reservations.\n',
  });
  const { code, stdout, stderr } = await run(
    'find',
    '--ports',
    '2',
    '--within',
    '1-2',
    '--provider',
    'windows',
    '--json',
  );
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(JSON.parse(stderr)).toEqual({
    error: expect.objectContaining({ code: 6, name: 'NotSupported', target: 'windows', hint: expect.any(String) }),
  });
});

test('wrong words are an error in JSON too', async () => {
  const { code, stderr } = await commandLine()('get', '--port', '0', '--json');
  expect(code).toBe(64);
  expect(JSON.parse(stderr)).toEqual({ error: expect.objectContaining({ code: -32602, name: 'Usage' }) });
});

test('what fails does not keep the rest, and the exit code says so', async () => {
  const run = commandLine();
  await run('new', '--persistent', '--start-port', '21600', '--name', 'a', '--provider', 'ledger');
  const outcome = await run('remove', 'nothing', 'a', '--provider', 'ledger');
  expect(outcome).toMatchObject({ code: 1, stdout: 'Removed tcp 21600 "a".\n' });
  expect(outcome.stderr).toMatch(/^portreservation: There is no reservation of the name "nothing"/);
});

test.skipIf(process.platform === 'win32')('a reader that has enough is no failure', () => {
  const command = [process.execPath, portreservation, 'find', '--first', '20000'];
  const script = 'set -o pipefail; "$@" | head -1; echo $?';
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', ...command], { encoding: 'utf8' });
  expect(stdout).toBe('Protocol StartPort EndPort NumberOfPorts\n0\n');
  expect(stderr).toBe('portreservation: these are free now, and kept for nobody: `exec` and `new` reserve.\n');
});
