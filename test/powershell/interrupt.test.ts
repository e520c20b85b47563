import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ModuleSession, quoted } from './module-session.ts';

const faultyWorker = fileURLToPath(new URL('../fixtures/faulty-worker.mjs', import.meta.url));
const noSignals = process.platform === 'win32';
const why = noSignals ? ' (skipped: no Ctrl+C from outside on Windows)' : '';

let session: ModuleSession;
let log = '';
let logs = 0;
beforeAll(async () => {
  session = await ModuleSession.start();
});
beforeEach(async () => {
  await session.reset();
  log = join(session.folder, `log-${++logs}`);
  await session.run(`$env:FAULTY_WORKER_LOG = ${quoted(log)}; Report @{}`);
});
afterAll(() => session[Symbol.asyncDispose]());

const start = (fault: string, moment = 'later') =>
  `Start-PortReservationWorker -CommandLine ${[process.execPath, faultyWorker, fault, moment].map(quoted).join(', ')}`;

/** Messages that the worker has received, of one method. */
const received = (method: string): { id: number; params: { id: number } }[] =>
  (existsSync(log) ? readFileSync(log, 'utf8') : '')
    .split('\n')
    .filter((line) => line.includes(`"${method}"`))
    .map((line) => JSON.parse(line));

/** Presses Ctrl+C once the worker has got a request of this method. */
async function interruptAt(method: string, script: string): Promise<string> {
  const run = session.powershell.run(script);
  await vi.waitFor(() => expect(received(method)).not.toHaveLength(0), { timeout: 30_000 });
  session.powershell.interrupt();
  return (await run).stdout;
}

describe.skipIf(noSignals)(`Ctrl+C${why}`, () => {
  it('cancels the call at the worker, and the next call works on the same connection', async () => {
    await session.run(`$worker = ${start('late')} -PassThru; Report @{}`);
    const stdout = await interruptAt('reservation/list', `Get-PortReservation; [Console]::Out.WriteLine('not here')`);
    expect(stdout).not.toContain('not here');
    await vi.waitFor(() => expect(received('$/cancelRequest')).not.toHaveLength(0));
    expect(received('$/cancelRequest')[0]!.params).toEqual({ id: received('reservation/list')[0]!.id });

    // The late answer to the first call comes before that to the second.
    const { count, isSame } = await session.run(`
      $count = @(Get-PortReservation).Count
      $process = & (Get-Module PortReservation) { $script:Session.Worker.Process.Id }
      Report @{ count = $count; isSame = $process -eq $worker.ProcessId }`);
    expect({ count, isSame }).toEqual({ count: 0, isSame: true });
  });

  it('stops a pipeline between two inputs, and keeps what was done', async () => {
    const script = `1..100000 | ForEach-Object { [Console]::Out.WriteLine("made $_"); [pscustomobject] @{ Name = "n$_" } } | New-PortReservation > $null`;
    const run = session.powershell.run(script);
    await session.powershell.sees('made 3\n');
    session.powershell.interrupt();
    const made = [...(await run).stdout.matchAll(/made \d+/g)].length;
    const { count } = await session.run('Report @{ count = @(Get-PortReservation).Count }');
    expect(count).toBeGreaterThanOrEqual(made - 1);
    expect(count).toBeLessThanOrEqual(made);
  });

  it('ends a start that hangs, and the process with it', async () => {
    const stdout = await interruptAt(
      'initialize',
      `${start('hang', 'initialize')}; [Console]::Out.WriteLine('not here')`,
    );
    expect(stdout).not.toContain('not here');
    const [{ params }] = received('initialize') as unknown as [{ params: Record<string, unknown> }];
    expect(params.clientInfo).toMatchObject({ name: 'PortReservation' });
    const [{ id: processId }] = received('faulty/start') as unknown as [{ id: number }];
    await vi.waitFor(() => expect(() => process.kill(processId, 0)).toThrow('ESRCH'));
    // Until then the cmdlets would start what was asked for, and nothing else.
    const { count } = await session.run(`
      Stop-PortReservationWorker
      Report @{ count = @(Get-PortReservation).Count }`);
    expect(count).toBe(0);
  });

  it('a worker that hangs for good, even at the end of its input, can be stopped and replaced', async () => {
    await session.run(`${start('hang')}; Report @{}`);
    await interruptAt('reservation/list', 'Get-PortReservation');
    const { count } = await session.run(`
      Stop-PortReservationWorker
      Report @{ count = @(Get-PortReservation).Count }`);
    expect(count).toBe(0);
  });

  // A terminal sends Ctrl+C to the worker as well.
  it('at a terminal leaves the worker and its reservations alone', async () => {
    const { worker } = await session.run(`
      $worker = Start-PortReservationWorker -PassThru
      New-PortReservation -Name kept > $null
      Report @{ worker = $worker.ProcessId }`);
    const run = session.powershell.run(
      '[Console]::Out.WriteLine("runs"); while ($true) { [Threading.Thread]::Sleep(10) }',
    );
    await session.powershell.sees('runs');
    process.kill(worker, 'SIGINT');
    session.powershell.interrupt();
    await run;
    const { name, owner } = await session.run(`
      $r = Get-PortReservation kept
      Report @{ name = $r.Name; owner = $r.Owner.ProcessId }`);
    expect({ name, owner }).toEqual({ name: 'kept', owner: worker });
  });
});
