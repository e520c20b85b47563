import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { lacking, tryBinds } from '../kernel/held/support/python.ts';
import { ownHome } from '../support/worker.ts';
import { portreservation, start } from './support.ts';

useOwnNetwork();

const isFree = (port: number) => tryBinds([{ protocol: 'tcp', address: '::', port }])[0] === port;

/** Says its process id and port, and ends with 7 on SIGTERM or SIGINT, after it has said which. */
const careful = `
  require('net').createServer().listen(process.env.PORT, () => console.log('at ' + process.pid + ' ' + process.env.PORT));
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => { console.log('got ' + signal); process.exitCode = 7; setImmediate(() => process.exit()); });`;

/** Says every SIGINT, and ends with 7 on SIGTERM. */
const counting = `
  process.on('SIGINT', () => console.log('got SIGINT')).on('SIGTERM', () => { console.log('got SIGTERM'); process.exit(7); });
  console.log('ready'); setInterval(() => {}, 1000);`;

/** Leaves a server behind that goes on after its parent. */
const leaving = `
  const { spawn } = require('child_process');
  const server = "require('net').createServer().listen(process.env.PORT, () => process.send(process.pid))";
  const child = spawn(process.execPath, ['-e', server], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], detached: true });
  child.once('message', (id) => { console.log('left ' + id + ' ' + process.env.PORT); child.disconnect(); child.unref(); process.exitCode = 5; });`;

async function startCareful(options = {}) {
  const run = start(['exec', '--quiet', '--', process.execPath, '-e', careful], options);
  const [, processId, port] = await run.line(/at (\d+) (\d+)\n/);
  onTestFinished(() => kill(Number(processId)));
  return { run, processId: Number(processId), port: Number(port) };
}

function kill(processId: number): void {
  try {
    process.kill(processId, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

async function startLeaving(env: NodeJS.ProcessEnv) {
  const run = start(['exec', '--quiet', '--', process.execPath, '-e', leaving], { env });
  const [, processId, port] = await run.line(/left (\d+) (\d+)\n/);
  onTestFinished(() => kill(Number(processId)));
  return { run, processId: Number(processId), port: Number(port) };
}

const list = async (env: NodeJS.ProcessEnv) =>
  JSON.parse((await start(['get', '--json'], { env }).ended).stdout).reservations;

describe.skipIf(lacking.python)(`how exec ends${lacking.python}`, () => {
  test('a signal is passed on, and the command ends as it likes', async () => {
    const { run, port } = await startCareful();
    run.child.kill('SIGTERM');
    expect(await run.ended).toMatchObject({ code: 7, stdout: expect.stringMatching(/got SIGTERM\n$/), stderr: '' });
    expect(isFree(port)).toBe(true);
  });

  test('SIGINT is passed on where no terminal has sent it to the command too', async () => {
    const { run } = await startCareful();
    run.child.kill('SIGINT');
    expect(await run.ended).toMatchObject({ code: 7, stdout: expect.stringMatching(/got SIGINT\n$/) });
  });

  test('Ctrl+C at a terminal reaches the command once', async () => {
    const words = [process.execPath, portreservation, 'exec', '--', process.execPath, '-e', counting];
    const child = spawn('python3', [join(import.meta.dirname, 'at-terminal.py'), ...words], {
      env: ownHome(onTestFinished),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    expect(said.match(/got \w+/g)).toEqual(['got SIGINT', 'got SIGTERM']);
    expect(code).toBe(7);
  });

  test('if exec is killed, its reservation ends with it, and the command goes on', async () => {
    const env = ownHome(onTestFinished);
    const { run, processId } = await startCareful({ env });
    expect(await list(env)).toHaveLength(1);
    run.child.kill('SIGKILL');
    await once(run.child, 'exit');
    expect(await list(env)).toEqual([]);
    process.kill(processId, 0);
  });

  test('if the command is killed, the ports are free', async () => {
    const { run, processId, port } = await startCareful();
    process.kill(processId, 'SIGKILL');
    expect(await run.ended).toMatchObject({ code: 137, stderr: '' });
    expect(isFree(port)).toBe(true);
  });

  test('what the command left running on the ports keeps them reserved until it ends', async () => {
    const env = ownHome(onTestFinished);
    const { run, processId, port } = await startLeaving(env);
    const [sentence] = await run.line(/^portreservation: .*$/m);
    expect(sentence).toBe(
      `portreservation: the command has ended, but node (process ${processId}: ${process.execPath} -e require('net').createServer().listen(process.env.PORT, () => process.send(process.pid))) still has tcp ${port} of its ports; they stay reserved until that ends, for 15 s at most. Ctrl+C frees them now.`,
    );
    expect(await list(env)).toMatchObject([{ range: { startPort: port } }]);
    kill(processId);
    expect(await run.ended).toMatchObject({ code: 5 });
    expect(await list(env)).toEqual([]);
    expect(isFree(port)).toBe(true);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends the waiting for it', async (signal) => {
    const env = ownHome(onTestFinished);
    const { run, processId } = await startLeaving(env);
    await run.line(/stay reserved/);
    run.child.kill(signal);
    expect(await run.ended).toMatchObject({ code: 5 });
    expect(await list(env)).toEqual([]);
    process.kill(processId, 0);
  });
});

describe.skipIf(lacking.python)(`what the command left running${lacking.python}`, () => {
  async function startWith(choice: string, script = leaving) {
    const env = ownHome(onTestFinished);
    const run = start(['exec', '--quiet', '--leftovers', choice, '--', process.execPath, '-e', script], { env });
    const [, processId, port] = await run.line(/left (\d+) (\d+)\n/);
    onTestFinished(() => kill(Number(processId)));
    return { run, processId: Number(processId), port: Number(port) };
  }

  test('is left alone with --leftovers leave', async () => {
    const { run, processId } = await startWith('leave');
    expect(await run.ended).toMatchObject({ code: 5, stderr: '' });
    process.kill(processId, 0);
  });

  test('is asked to end with --leftovers end', async () => {
    const { run, processId, port } = await startWith('end');
    const { code, stderr } = await run.ended;
    expect(code).toBe(5);
    expect(stderr).toMatch(
      new RegExp(`process ${processId}: .*still has tcp ${port} of its ports; it is asked to end`),
    );
    expect(isFree(port)).toBe(true);
  });

  test('is ended where it does not end when asked', async () => {
    const deaf = leaving.replace('const server = "', "const server = \"process.on('SIGTERM', () => {});");
    const { run, port } = await startWith('end', deaf);
    expect(await run.ended).toMatchObject({ code: 5 });
    expect(isFree(port)).toBe(true);
  });

  test('is not waited for after a signal', async () => {
    const staying = `${leaving.replace('process.exitCode = 5;', '')} process.on('SIGTERM', () => process.exit(6)); setInterval(() => {}, 1e6);`;
    const { run } = await startWith('wait', staying);
    run.child.kill('SIGTERM');
    expect(await run.ended).toMatchObject({ code: 6, stderr: '' });
  });
});
