import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startWorker } from '../../src/rpc/client/client.ts';
import { portreservation } from '../cli/support.ts';
import { only } from '../support/only.ts';
import { ownHome } from '../support/worker.ts';
import { noSsh, sshToHere } from './support/ssh.ts';

const relay = fileURLToPath(new URL('support/relay.mjs', import.meta.url));
const worker = [process.execPath, portreservation, 'serve', '--stdio'];
const throughRelay = [process.execPath, relay, ...worker];

/** The command that leads through ssh to a worker with a ledger of its own. */
function throughSsh(remote = worker, options: Parameters<typeof sshToHere>[1] = {}): string[] {
  const { PORT_RESERVATION_HOME } = ownHome(onTestFinished);
  return [
    ...sshToHere(onTestFinished, { env: { PORT_RESERVATION_HOME: PORT_RESERVATION_HOME! }, ...options }),
    ...remote,
  ];
}

/** Reserves through the command, frees one of two, leaves the other to the end of the worker. */
async function work(command: string[], env?: NodeJS.ProcessEnv) {
  let kept: number;
  {
    await using client = await startWorker({ command, env });
    const { range, token, owner } = only(
      await client.request('reservation/create', { protocol: 'tcp', name: 'grüße 🚢' }),
    );
    expect(owner?.processId).not.toBe(client.processId);
    const other = only(await client.request('reservation/create', { protocol: 'tcp', numberOfPorts: 3 }));
    expect((await client.request('reservation/list', { port: range.startPort })).reservations).toHaveLength(1);
    await client.request('reservation/release', { token });
    kept = other.range.startPort;
  }
  await using client = await startWorker({ command, env });
  expect(await client.request('reservation/list', {})).toEqual({ reservations: [] });
  const again = { protocol: 'tcp', startPort: kept, numberOfPorts: 3 } as const;
  expect(only(await client.request('reservation/create', again)).range.startPort).toBe(kept);
}

describe('a worker behind another program', () => {
  test('is worked with as one that was started here, and ends with the client', () =>
    work(throughRelay, ownHome(onTestFinished)));

  test('that prints something first: the error shows what, and where to look', async () => {
    const env = { ...ownHome(onTestFinished), RELAY_SAYS: 'Welcome to build01!\n' };
    await expect(startWorker({ command: throughRelay, env })).rejects.toMatchObject({
      name: 'WorkerError',
      message: expect.stringMatching(
        /^The program ".*node.*", which leads to the worker, .*not JSON-RPC, beginning with "Welcome to build01!".*shell profile/s,
      ),
    });
  });

  test.each([
    ['ends', 'process.exit(3)', /ended with exit code 3/],
    ['is ended', 'console.log("Welcome!")', /ended by SIGKILL: .*"Welcome!"/],
  ])(
    'that %s but has started another that keeps its streams: the error comes all the same',
    async (_, script, says) => {
      const another = `require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'inherit' })`;
      const mark = join(ownHome(onTestFinished).PORT_RESERVATION_HOME!, 'mark');
      const writeMark = `fs.writeFileSync(${JSON.stringify(mark)}, String(${another}.pid))`;
      onTestFinished(() => void process.kill(Number(readFileSync(mark, 'utf8')), 'SIGKILL'));
      const start = startWorker({ command: [process.execPath, '-e', `${writeMark}; ${script}`] });
      await expect(start).rejects.toThrow(says);
    },
  );

  test('that is nothing is refused', async () => {
    const start = startWorker({ command: [] });
    await expect(start).rejects.toMatchObject({ name: 'InvalidParamsError', errors: [{ field: 'command' }] });
  });
});

describe.skipIf(noSsh)(`a worker behind ssh${noSsh}`, () => {
  test('is worked with as one that was started here, and ends with the client', () => work(throughSsh()));

  test('that lets nobody in: the error has what ssh said', async () => {
    const start = startWorker({ command: throughSsh(worker, { isKeyKnown: false }) });
    await expect(start).rejects.toMatchObject({
      message: expect.stringMatching(/^The program "ssh".* ended with exit code 255.*Permission denied/s),
      end: { exitCode: 255 },
    });
  });

  test('that is not there: the error has what the shell said', async () => {
    const start = startWorker({ command: throughSsh(['no-such-worker', '--stdio']) });
    await expect(start).rejects.toThrow(/exit code 127.*no-such-worker/s);
  });

  test('where a profile prints: the error shows what', async () => {
    const start = startWorker({ command: throughSsh(['echo', 'Last', 'login;', 'exec', ...worker]) });
    await expect(start).rejects.toThrow(/beginning with "Last login".*shell profile/s);
  });

  test('ends when ssh is killed, and what it held is free', async () => {
    const command = throughSsh();
    const client = await startWorker({ command });
    const { range } = only(await client.request('reservation/create', { protocol: 'tcp' }));
    process.kill(client.processId, 'SIGKILL');
    await expect(client.request('reservation/list', {})).rejects.toThrow(/ended by SIGKILL/);
    await using next = await startWorker({ command });
    const isFree = async () => (await next.request('reservation/list', {})).reservations.length === 0;
    await expect.poll(isFree, { timeout: 50_000 }).toBe(true);
    await next.request('reservation/create', { protocol: 'tcp', startPort: range.startPort });
  });

  test('stays at Ctrl+C, which reaches the whole process group, where ssh is told to ignore it', async () => {
    const [ssh, ...args] = throughSsh();
    await using client = await startWorker({ command: ['sh', '-c', 'trap "" INT; exec "$@"', 'sh', ssh!, ...args] });
    process.kill(client.processId, 'SIGINT');
    expect(await client.request('reservation/list', {})).toEqual({ reservations: [] });
  });
});
