import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { thisHost } from '../../src/host.ts';
import { waitUntilFree } from '../../src/index.ts';
import { openService } from '../../src/open-service.ts';
import type { Reservation } from '../../src/protocol/generated/contract.ts';
import { tryBind } from '../support/sockets.ts';
import { portreservation } from './support.ts';

const isWindows = process.platform === 'win32';
const isLinux = process.platform === 'linux';

function ownHome() {
  const home = mkdtempSync(join(tmpdir(), 'port-reservation-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
  return {
    env: { ...process.env, PORT_RESERVATION_HOME: home },
    host: { ...thisHost(), env: { PORT_RESERVATION_HOME: home } },
  };
}

const sleepers: ChildProcess[] = [];

function endIfThere(processId: number): void {
  try {
    process.kill(processId, 'SIGTERM');
  } catch {
    // It has ended.
  }
}

/** A process that does nothing until it is killed. */
function sleeper(): number {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  sleepers.push(child);
  return child.pid!;
}

/** Runs the command line and gives what it said; every process that has its streams has ended by then. */
async function say(words: string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [portreservation, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said.stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, ...said };
}

test('new --pid holds ports until that process has been killed, and no longer', async () => {
  const { env, host } = ownHome();
  const processId = sleeper();
  const made = await say(['new', '--pid', `${processId}`, '--ports', '2', '--name', 'script', '--plain'], env);
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\n\d+\n$/) });
  if (isLinux) expect(made.stderr).toBe('');
  const [first, second] = made.stdout.trim().split('\n').map(Number) as [number, number];
  expect(second).toBe(first + 1);

  const service = await openService({ host });
  const { reservations } = await service.list();
  expect(reservations).toMatchObject([{ name: 'script', range: { startPort: first, numberOfPorts: 2 } }]);
  expect(reservations[0]!.enforcement).toBe(isLinux ? 'ephemeralOnly' : 'ledger');
  const holder = reservations[0]!.owner!.processId!;
  expect([processId, process.pid]).not.toContain(holder);
  onTestFinished(() => endIfThere(holder));
  expect(await tryBind('tcp', first, '::')).toBe('bound');
  await expect(service.create({ protocol: 'tcp', startPort: first })).rejects.toMatchObject({
    errorName: 'RangeReserved',
  });

  process.kill(processId, 'SIGKILL');
  await waitUntilFree(first, {}, { host });
  expect((await service.list()).reservations).toEqual([]);
});

test.skipIf(isWindows)(
  'a script has a port for its own life: PORT=$(portreservation new --pid $$ --plain)',
  async () => {
    const { env, host } = ownHome();
    const script = `PORT=$("${process.execPath}" "${portreservation}" new --pid $$ --plain --hold strict) && echo "$PORT" && read end`;
    const shell = spawn('sh', ['-c', script], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = await once(shell.stdout, 'data');
    const port = Number(line);
    expect(await tryBind('tcp', port, '::')).toBe('EADDRINUSE');
    shell.stdin.end('\n');
    await once(shell, 'exit');
    await waitUntilFree(port, {}, { host });
    expect(await tryBind('tcp', port, '::')).toBe('bound');
  },
);

test.skipIf(isWindows)('the holder frees its ports when it is told to end', async () => {
  const { env, host } = ownHome();
  const made = await say(['new', '--pid', `${sleeper()}`, '--json'], env);
  const [reservation] = JSON.parse(made.stdout).reservations;
  process.kill(reservation.owner.processId, 'SIGTERM');
  await waitUntilFree(reservation.range.startPort, {}, { host });
  const service = await openService({ host });
  expect((await service.list()).reservations).toEqual([]);
});

test('new --for holds ports for that time, and with --pid until what comes first', async () => {
  const { env, host } = ownHome();
  const portsOf = async (...words: string[]) => Number((await say(['new', '--plain', ...words], env)).stdout);
  const [short, dead, long] = [
    await portsOf('--for', '1s'),
    await portsOf('--for', '2h', '--pid', `${sleeper()}`),
    await portsOf('--for', '2h', '--pid', `${process.pid}`),
  ];
  const service = await openService({ host });
  onTestFinished(() => service.close());
  const kept = async () => (await service.list()).reservations.map(({ range }) => range.startPort);
  const ended = await service.list();
  for (const { owner } of ended.reservations) onTestFinished(() => void endIfThere(owner!.processId!));
  await waitUntilFree(short, {}, { host });
  expect(await kept()).toEqual(expect.arrayContaining([dead, long]));
  sleepers.at(-1)!.kill('SIGKILL');
  await waitUntilFree(dead, {}, { host });
  expect(await kept()).toEqual([long]);
});

test('what the system cannot hold is said', async () => {
  const processId = `${sleeper()}`;
  const words = ['new', '--pid', processId, '--protocol', 'udp', '--plain'];
  const { code, stdout, stderr } = await say(words, ownHome().env);
  const note = /^portreservation: udp (\d+) is free and not held: .* before process (\d+) does\.\n$/.exec(stderr);
  expect(note?.slice(1)).toEqual([stdout.trim(), processId]);
  expect(code).toBe(0);
});

test('what cannot be held is refused, and nobody stays behind', async () => {
  const { env, host } = ownHome();
  const gone = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
  await once(gone, 'exit');
  expect(await say(['new', '--pid', `${gone.pid}`], env)).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(new RegExp(`^portreservation: There is no process ${gone.pid}\\.\\n`)),
  });
  const service = await openService({ host });
  const [{ range }] = (await service.create({ protocol: 'tcp' })).reservations as [Reservation];
  const taken = await say(['new', '--pid', `${process.pid}`, '--start-port', `${range.startPort}`, '--json'], env);
  expect(taken).toMatchObject({ code: 1, stdout: '' });
  expect(JSON.parse(taken.stderr).error).toMatchObject({ name: 'RangeReserved' });
  await service.close();
});

test.each([
  [['new'], /neither --persistent nor --for a time nor for a --pid/],
  [['new', '--for', '0s'], /at most 24 days/],
  [['new', '--for', '25h', '--persistent'], /cannot be used with/],
  [['new', '--for', '700h'], /at most 24 days/],
  [['new', '--for', 'ever'], /It must be a time: 30s/],
  [['new', '--pid', '0'], /--pid.*'0' is invalid/],
  [['new', '--pid', '1', '--persistent'], /cannot be used with/],
  [['new', '--persistent', '--hold', 'yield'], /--hold goes with --pid or --for/],
  [['find', '--plain', '--json'], /cannot be used with/],
])('%j is refused as wrong words', async (words, message) => {
  expect(await say(words, ownHome().env)).toMatchObject({
    code: 64,
    stdout: '',
    stderr: expect.stringMatching(message),
  });
});

test('find --plain prints bare numbers', async () => {
  const { env } = ownHome();
  expect((await say(['find', '--plain'], env)).stdout).toMatch(/^\d+\n$/);
  const several = (await say(['find', '--plain', '--ports', '3', '--first', '2'], env)).stdout
    .trim()
    .split('\n')
    .map(Number);
  expect(several).toHaveLength(6);
  expect(several.slice(0, 3)).toEqual([0, 1, 2].map((index) => several[0]! + index));
});
