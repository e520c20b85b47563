import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { reserve } from '../../src/index.ts';
import { ownHost } from '../support/own-host.ts';
import { openSocket } from '../support/sockets.ts';
import { commandLine, start } from './support.ts';

async function freePorts(numberOfPorts = 1): Promise<number[]> {
  const block = await reserve({ numberOfPorts }, { host: ownHost() });
  await block.release();
  return [...block.ports];
}

test('wait ends when something listens on each of the ports', async () => {
  const [first, second] = (await freePorts(2)) as [number, number];
  const waiting = start(['wait', `${first}-${second}`, '--timeout', '1m']);
  for (const port of [first, second]) {
    const socket = await openSocket('tcp', port, '127.0.0.1');
    onTestFinished(() => socket.close());
  }
  const stdout = `tcp ${first} is listened on.\ntcp ${second} is listened on.\n`;
  expect(await waiting.ended).toEqual({ code: 0, stdout, stderr: '' });
});

test('wait --free ends when the port is free', async () => {
  const run = commandLine();
  const [port] = (await freePorts()) as [number];
  // Another process: of the session that asks nothing is to be ended.
  const code = `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('listens'))`;
  const other = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void other.kill());
  await once(other.stdout, 'data');
  const inUse = await run('wait', `${port}`, '--free', '--timeout', '1ms');
  expect(inUse).toMatchObject({ code: 1, stdout: '' });
  expect(inUse.stderr).toMatch(new RegExp(`^portreservation: Somebody has tcp ${port} after 1 ms: .`));
  if (process.platform === 'linux') {
    expect(inUse.stderr).toMatch(new RegExp(`process ${other.pid}.*\\n {2}kill ${other.pid}\\n$`));
  }
  other.kill();
  expect(await run('wait', `${port}`, '--free')).toEqual({ code: 0, stdout: `tcp ${port} is free.\n`, stderr: '' });
});

test('wait says with --json what it waited for, and why it failed', async () => {
  const run = commandLine();
  const [port] = (await freePorts()) as [number];
  const failed = await run('wait', `${port}`, '--timeout', '0s', '--json');
  expect(failed).toMatchObject({ code: 1, stdout: '' });
  const message = `Nothing listens on tcp ${port} after 0 ms: Nothing has it, and a bind succeeds.`;
  expect(JSON.parse(failed.stderr)).toEqual({ error: { code: -32603, name: 'TimedOut', message } });
  const free = await run('wait', `${port}`, '--free', '--json');
  expect(JSON.parse(free.stdout)).toEqual({ ports: [{ protocol: 'tcp', port }] });
});

test.each([
  [['wait'], /missing required argument 'ports'/],
  [['wait', '0'], /'0' is invalid for <ports>/],
  [['wait', '3000', '--timeout', 'soon'], /It must be a time: 30s, 500ms, 2m or 1h/],
  [['wait', '3000', '--free', '--listening'], /--free.*cannot be used with.*--listening/],
  [['wait', '3000', '--protocol', 'udp', '--host', 'db'], /--host is for tcp/],
])('%j is refused as wrong words', async (words, message) => {
  const refused = await commandLine()(...words);
  expect(refused).toMatchObject({ code: 64, stdout: '', stderr: expect.stringMatching(message) });
});
