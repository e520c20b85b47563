import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { portreservation } from '../cli/support.ts';
import { noSsh, sshToHere } from '../remote/support/ssh.ts';
import { ownHome } from '../support/worker.ts';
import { ModuleSession, quoted } from './module-session.ts';

const relay = fileURLToPath(new URL('../remote/support/relay.mjs', import.meta.url));
const faultyWorker = fileURLToPath(new URL('../fixtures/faulty-worker.mjs', import.meta.url));
const worker = [process.execPath, portreservation, 'serve', '--stdio'];

let session: ModuleSession;
beforeAll(async () => {
  session = await ModuleSession.start();
});
beforeEach(() => session.reset());
afterAll(() => session[Symbol.asyncDispose]());

const start = (words: string[]) => `Start-PortReservationWorker -CommandLine ${words.map(quoted).join(', ')}`;
const throughRelay = start([process.execPath, relay, ...worker]);

/** Words that lead through ssh to a worker with a ledger of its own. */
function throughSsh(remote = worker, isKeyKnown = true): string {
  const { PORT_RESERVATION_HOME } = ownHome(onTestFinished);
  const env = { PORT_RESERVATION_HOME: PORT_RESERVATION_HOME! };
  return start([...sshToHere(onTestFinished, { env, isKeyKnown }), ...remote]);
}

/** Reserves, tests, lists and frees with the worker that the script starts. */
async function work(script: string) {
  const seen = await session.run(`
    $worker = ${script} -PassThru
    $web = New-PortReservation -NumberOfPorts 3 -Name web
    $there = Test-PortReservation -Token $web.Token
    $listed = @(Get-PortReservation).Name
    $web | Remove-PortReservation
    $kept = New-PortReservation
    Stop-PortReservationWorker
    ${script}
    Report @{ other = $web.Owner.ProcessId -ne $worker.ProcessId; there = $there; listed = $listed
      left = @(Get-PortReservation).Count; again = (New-PortReservation -StartPort $kept.StartPort).StartPort -eq $kept.StartPort }`);
  expect(seen).toEqual({ other: true, there: true, listed: 'web', left: 0, again: true });
}

describe('a worker behind another program', () => {
  it('is worked with as one that was started here', () => work(throughRelay));

  it('is told nothing that is true on this machine alone: no process id, no holder', async () => {
    const log = join(session.folder, 'received');
    await session.run(`
      $env:FAULTY_WORKER_LOG = ${quoted(log)}
      ${start([process.execPath, faultyWorker, 'chatter'])}
      $env:FAULTY_WORKER_LOG = $null
      Report @{}`);
    const received = readFileSync(log, 'utf8').trim().split('\n');
    const initialize = received.map((line) => JSON.parse(line)).find(({ method }) => method === 'initialize');
    expect(Object.keys(initialize.params).sort()).toEqual(['clientInfo', 'protocolVersion', 'provider']);
  });

  it('gives no sockets here, and says why', async () => {
    const { failed, bound } = await session.run(`
      ${throughRelay}
      $web = New-PortReservation
      $socket = [System.Net.Sockets.Socket]::new('InterNetworkV6', 'Stream', 'Tcp')
      $web | Connect-PortReservation -Socket $socket -ErrorVariable connect -ErrorAction SilentlyContinue
      $made = $web | New-PortReservationSocket -ErrorVariable new -ErrorAction SilentlyContinue
      $socket.Dispose()
      Report @{ failed = Get-Facts ($connect + $new); bound = $null -ne $made }`);
    const facts = {
      category: 'NotImplemented',
      message: expect.stringMatching(/may be on another machine.*-CommandLine/),
      action: expect.stringMatching(/where the worker is/),
    };
    expect(failed).toMatchObject([
      { id: 'NotSupported,Connect-PortReservation', ...facts },
      { id: 'NotSupported,New-PortReservationSocket', ...facts },
    ]);
    expect(bound).toBe(false);
  });

  it('that prints something first: the error shows what, and where to look', async () => {
    const { failed } = await session.run(`
      $env:RELAY_SAYS = 'Welcome to build01!'
      try { ${throughRelay} } catch { $failed = $_ } finally { $env:RELAY_SAYS = $null }
      Report @{ failed = Get-Facts $failed }`);
    expect(failed).toMatchObject([
      {
        id: 'WorkerProtocolError,Start-PortReservationWorker',
        message: expect.stringMatching(
          /^The program '.*node.*' \(process \d+\), which leads to the worker, was ended.*'Welcome to build01!'.*shell profile/,
        ),
        action: expect.stringMatching(/free as soon as the worker has noticed/),
      },
    ]);
  });
});

describe.skipIf(noSsh)(`a worker behind ssh${noSsh}`, () => {
  it('is worked with as one that was started here', () => work(throughSsh()));

  it('that lets nobody in: the error has what ssh said', async () => {
    const { failed } = await session.run(`
      try { ${throughSsh(worker, false)} } catch { $failed = $_ }
      Report @{ failed = Get-Facts $failed }`);
    expect(failed).toMatchObject([
      {
        id: 'WorkerExited,Start-PortReservationWorker',
        message: expect.stringMatching(/The program 'ssh' .* ended with exit code 255\..*Permission denied/s),
      },
    ]);
  });
});
