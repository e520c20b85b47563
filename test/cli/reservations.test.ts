import { expect, test } from 'vitest';
import { commandLine, expectGolden } from './support.ts';

const ledger = ['--provider', 'ledger'];
const withoutTokens = (text: string) => text.replace(/\b\d{10,20}\b/g, (token) => 'TOKEN'.padStart(token.length));

test('makes persistent reservations, shows them in tables, and removes them', async () => {
  const run = commandLine();
  const made = await run('new', '--persistent', '--start-port', '21100', '--ports', '3', '--name', 'web', ...ledger);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  await run('new', '--persistent', '--start-port', '21200', '--protocol', 'tcp,udp', '--name', 'dns', ...ledger);
  expectGolden('get', withoutTokens((await run('get')).stdout));
  expect(await run('remove', 'web', '21200', ...ledger)).toEqual({
    code: 0,
    stdout: 'Removed tcp 21100-21102 "web".\nRemoved tcp 21200 "dns".\n',
    stderr: '',
  });
  expect(await run('remove', '--name', 'd*', ...ledger)).toMatchObject({ stdout: 'Removed udp 21200 "dns".\n' });
  expect(await run('get')).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('a name may look like a pattern: it is itself where a name is asked for, and escaped where a pattern is', async () => {
  const run = commandLine();
  const name = 'test_api[chrome-1*2]';
  const make = (one: string) => run('new', '--persistent', '--name', one, '--json', ...ledger);
  for (const one of [name, 'test_apic', 'test_api[chrome-112]']) expect(await make(one)).toMatchObject({ code: 0 });
  const named = async (...words: string[]) =>
    JSON.parse((await run('get', ...words, '--json')).stdout).reservations.map((one: { name: string }) => one.name);
  expect(await named(name)).toEqual(['test_apic']);
  expect(await named('test_api`[chrome-1`*2`]')).toEqual([name]);
  expect(await run('test', name)).toMatchObject({ code: 0 });
  expect(await run('remove', 'test_api*', ...ledger)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('For wildcards use --name.'),
  });
  expect((await run('remove', name, ...ledger)).stdout).toMatch(/^Removed tcp \d+ "test_api\[chrome-1\*2\]"\.\n$/);
  expect((await named('test_api*')).sort()).toEqual(['test_api[chrome-112]', 'test_apic']);
});

test('with --json writes what the protocol has', async () => {
  const run = commandLine();
  const { stdout } = await run('new', '--persistent', '--name', 'one', '--reason', 'why', '--json', ...ledger);
  const { reservations } = JSON.parse(stdout);
  expect(reservations).toEqual([expect.objectContaining({ name: 'one', reason: 'why', lifetime: 'persistent' })]);
  expect(JSON.parse((await run('get', '--json')).stdout)).toEqual({ reservations });
  const [{ range, token }] = reservations;
  expect(JSON.parse((await run('test', 'one', '--json')).stdout)).toEqual({
    result: true,
    findings: [{ asked: 'the name "one"', reservations }],
  });
  const status = JSON.parse((await run('status', String(range.startPort), '--json')).stdout);
  expect(status.ports).toEqual([expect.objectContaining({ verdict: 'reserved', reservation: reservations[0] })]);
  const removed = await run('remove', '--token', token, '--json', ...ledger);
  expect(JSON.parse(removed.stdout)).toEqual({ reservations });
});

test('--what-if says what would be done, and does nothing', async () => {
  const run = commandLine();
  const persistent = ['new', '--persistent', ...ledger];
  expect((await run(...persistent, '--start-port', '21300', '--ports', '2', '--what-if')).stdout).toBe(
    'Would reserve tcp 21300-21301.\n',
  );
  expect((await run(...persistent, '--what-if')).stdout).toMatch(/^Would reserve tcp \d+, or another free block\.\n$/);
  expect((await run('get')).stdout).toBe('');
  await run(...persistent, '--start-port', '21300', '--ports', '2', '--name', 'x');
  expect(await run(...persistent, '--start-port', '21301', '--what-if')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^portreservation: tcp 21301 overlaps the persistent reservation/),
  });
  const again = [...persistent, '--start-port', '21300', '--ports', '2', '--what-if', '--if-exists', 'return'];
  expect(await run(...again)).toMatchObject({ code: 0, stdout: 'Would reserve tcp 21300-21301.\n' });
  const removal = await run('remove', 'x', '--what-if', '--json', ...ledger);
  expect(JSON.parse(removal.stdout)).toEqual({ whatIf: { reservations: [expect.objectContaining({ name: 'x' })] } });
  expect(await run('test', 'x')).toMatchObject({ code: 0 });
});

test('test answers by its exit code', async () => {
  const run = commandLine();
  await run('new', '--persistent', '--start-port', '21400', '--ports', '2', '--name', 'web', ...ledger);
  for (const words of [['web'], ['21400-21401'], ['W*'], ['--port', '21401'], ['web', '--probe']]) {
    expect([words, await run('test', ...words)]).toEqual([words, expect.objectContaining({ code: 0 })]);
  }
  expect(await run('test', 'web', '--probe')).toMatchObject({
    stdout: 'tcp 21400-21401 "web" is reserved, and a socket can be bound inside.\n',
  });
  for (const words of [
    ['21400'],
    ['21400-21401', 'other'],
    ['21400-21401', '--protocol', 'tcp,udp'],
    ['--port', '21402'],
  ]) {
    expect([words, await run('test', ...words)]).toEqual([words, expect.objectContaining({ code: 1, stderr: '' })]);
  }
});

test('finds free blocks without reserving them', async () => {
  const run = commandLine();
  const { stdout } = await run(
    'find',
    '--ports',
    '4',
    '--first',
    '2',
    '--protocol',
    'udp,tcp',
    '--within',
    '21000-30000',
  );
  expect(stdout).toMatch(/^Protocol StartPort EndPort NumberOfPorts\n.*\n(Udp, Tcp +\d+ +\d+ +4\n){2}$/);
  expect(JSON.parse((await run('find', '--json')).stdout)).toEqual({
    ranges: [{ startPort: expect.any(Number), numberOfPorts: 1 }],
  });
  expect((await run('get')).stdout).toBe('');
});

test('status says what is wrong with a port, and the command that changes it', async () => {
  const run = commandLine();
  await run(
    'new',
    '--persistent',
    '--start-port',
    '21500',
    '--ports',
    '2',
    '--name',
    'web',
    '--protocol',
    'udp',
    ...ledger,
  );
  const { stdout } = await run('status', '21500', '--protocol', 'udp');
  expect(stdout).toMatch(
    /\nUdp {6}21500 True {4}Reserved It is held by the persistent reservation udp 21500-21501 "web"/,
  );
  const remedy = stdout.slice(stdout.indexOf('To change that:'));
  expect(remedy).toBe('To change that:\n  portreservation remove 21500-21501 --protocol udp\n');
  const words = remedy.split('\n')[1]!.trim().split(' ').slice(1);
  expect(await run(...words, ...ledger)).toMatchObject({ code: 0, stdout: 'Removed udp 21500-21501 "web".\n' });
});
