import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { portreservation, start } from '../cli/support.ts';
import { ownHome } from '../support/worker.ts';
import { languages } from './languages.ts';
import { exampleTest } from './several.ts';

const clients = join(import.meta.dirname, '../../examples/clients');
const made = mkdtempSync(join(tmpdir(), 'port-reservation-'));
afterAll(() => rmSync(made, { recursive: true, force: true }));

/** A folder for PATH, with a `portreservation` of these lines of sh. */
function onPath(name: string, ...lines: string[]): string {
  const folder = join(made, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'portreservation'), ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });
  return `${folder}${delimiter}${process.env.PATH}`;
}
const ours = onPath('ours', `exec ${process.execPath} ${portreservation} "$@"`);
const refusing = onPath('refusing', `exec ${process.execPath} ${portreservation} "$@" --provider windows`);
const broken = onPath('broken', 'exit 1');

const scenario = /^reserved (\d+)\ntold \1\nlisted \1\nrefused RangeReserved\nreleased\n$/;

/** Starts a client, which is killed with the test. */
function follow(words: string[], env: NodeJS.ProcessEnv) {
  const child = spawn(words[0]!, words.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  let look = () => {};
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
      look();
    });
  const closed = once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }));
  void closed.then(() => look());
  /** Waits for the text on standard output; fails where the client ends without it. */
  const says = async (text: string) => {
    while (!said.stdout.includes(text)) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended: ${JSON.stringify(said)}`);
      await new Promise<void>((resolve) => {
        look = resolve;
      });
    }
  };
  return { child, closed, says };
}

/** The processes that a process started, by whichever of its threads. */
const childrenOf = ({ pid }: ChildProcess) =>
  readdirSync(`/proc/${pid}/task`)
    .flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' '))
    .filter(Boolean)
    .map(Number);

/** An address where whoever calls is heard, and gets no answer: who serves goes then. */
async function dying(): Promise<string> {
  const address = join(mkdtempSync(join(made, 'dying-')), 'socket');
  const server = createServer((socket) => socket.once('data', () => socket.destroy())).listen(address);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return address;
}

async function serving(env: NodeJS.ProcessEnv) {
  const service = start(['serve', '--listen'], { env });
  const [, address] = await service.line(/^PORT_RESERVATION_ADDRESS=(.*)$/m);
  const kill = async () => {
    service.child.kill('SIGKILL');
    await once(service.child, 'exit');
  };
  return { address: address!, kill };
}

test('each client is one file of 60 to 100 lines', () => {
  for (const { name, file } of languages) {
    const lines = readFileSync(join(clients, name, file), 'utf8').split('\n').length - 1;
    expect({ name, isShort: lines >= 60 && lines <= 100, lines }).toMatchObject({ isShort: true });
  }
});

for (const language of languages) {
  const { name } = language;
  let command: string[] | undefined;
  const ready = () => {
    cpSync(join(clients, name), join(made, name), { recursive: true });
    command ??= language.build(join(made, name));
    return command;
  };
  const environment = (path: string) => ({ ...ownHome(onTestFinished), PATH: path, PORT_RESERVATION_ADDRESS: '' });

  exampleTest(`examples/clients/${name} joins exec, and is told when who serves is killed`, language, async () => {
    const words = ready();
    const env = environment(broken);
    const inTree = await start(['exec', '--quiet', '--', ...words], { env }).ended;
    expect(inTree).toEqual({ code: 0, stdout: expect.stringMatching(scenario), stderr: '' });

    const { address, kill } = await serving(env);
    const client = follow(words, { ...env, PORT_RESERVATION_ADDRESS: address, STAY: '1' });
    await client.says('released\n');
    await kill();
    expect(await client.closed).toEqual({ code: 0, stdout: expect.stringMatching(/released\ngone\n$/), stderr: '' });

    // The address is still set, and its socket is still there.
    const later = follow(words, { ...env, PORT_RESERVATION_ADDRESS: address, PATH: ours });
    expect(await later.closed).toMatchObject({ code: 0, stdout: expect.stringMatching(scenario) });
  });

  exampleTest(`examples/clients/${name} starts a worker, and is told when that is killed`, language, async () => {
    const words = ready();
    const env = environment(ours);
    // Longer than an address can be.
    const alone = await follow(words, { ...env, PORT_RESERVATION_ADDRESS: `/run/${'x'.repeat(200)}` }).closed;
    // Its worker may log that the client went while it was told of the release.
    expect(alone).toMatchObject({ code: 0, stdout: expect.stringMatching(scenario) });

    const client = follow(words, { ...env, STAY: '1' });
    await client.says('released\n');
    const [worker] = childrenOf(client.child);
    process.kill(worker!, 'SIGKILL');
    expect(await client.closed).toMatchObject({ code: 0, stdout: expect.stringMatching(/released\ngone\n$/) });
  });

  exampleTest(`examples/clients/${name} fails a call under way when nobody is left to answer`, language, async () => {
    const words = ready();
    const env = environment(broken);
    const noWorker = await follow(words, env).closed;
    expect(noWorker).toMatchObject({ stdout: '', stderr: expect.stringMatching(/./) });
    expect(noWorker.code).not.toBe(0);

    const refused = await follow(words, { ...env, PATH: refusing }).closed;
    expect(refused).toMatchObject({ stdout: '', stderr: expect.stringContaining('needs win32; this system is linux') });
    expect(refused.code).not.toBe(0);

    const client = follow(words, { ...env, PORT_RESERVATION_ADDRESS: await dying() });
    const failed = await client.closed;
    expect(failed).toMatchObject({ stdout: '', stderr: expect.stringMatching(/./) });
    expect(failed.code).not.toBe(0); // of a .NET program that fails it is a signal
  });
}
