import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { ModuleSession, moduleFolder, quoted } from './module-session.ts';

const faultyWorker = fileURLToPath(new URL('../fixtures/faulty-worker.mjs', import.meta.url));
const start = (fault: string) =>
  `Start-PortReservationWorker -CommandLine ${[process.execPath, faultyWorker, fault].map(quoted).join(', ')}`;

useOwnNetwork();
let session: ModuleSession;
beforeAll(async () => {
  session = await ModuleSession.start();
});
beforeEach(() => session.reset());
afterAll(() => session[Symbol.asyncDispose]());

// What Write-Progress shows is seen in the stream of a PowerShell inside PowerShell.
const inner = `
  $run = [powershell]::Create([initialsessionstate]::CreateDefault2())
  $null = $run.AddScript(${quoted(`Import-Module ${quoted(moduleFolder)}`)}).Invoke()
  function Start-Inner ($Script) {
    $run.Commands.Clear()
    $run.Streams.ClearStreams()
    $null = $run.AddScript($Script)
    $run.BeginInvoke()
  }
  function Get-Shown {
    , @(foreach ($one in $run.Streams.Progress) {
      "$($one.Activity)|$($one.StatusDescription)|$($one.PercentComplete)|$($one.RecordType)"
    })
  }
`;

/** Runs a script inside and reports what it gave and showed. */
const run = (script: string) =>
  session.run(`${inner}
    $output = @($run.EndInvoke((Start-Inner ${quoted(script)})))
    Report @{ output = $output; errors = Get-Facts $run.Streams.Error; shown = Get-Shown }
    $run.Dispose()`);

/** The same with two, the first of which is stopped when it has shown something, as by Ctrl+C. */
const runAfterStop = (stopped: string, then: string) =>
  session.run(`${inner}
    $pending = Start-Inner ${quoted(stopped)}
    while ($run.Streams.Progress.Count -eq 0 -and -not $pending.IsCompleted) { [System.Threading.Thread]::Sleep(5) }
    $run.Stop()
    $shown = Get-Shown
    $output = @($run.EndInvoke((Start-Inner ${quoted(then)})))
    Report @{ output = $output; errors = Get-Facts $run.Streams.Error; shown = $shown; then = Get-Shown }
    $run.Dispose()`);

it('a look at many ports shows how far it is, and takes the bar away at the end', async () => {
  const { output, errors, shown } = await run('@(Get-PortStatus 1-10000 -Protocol Udp).Count');
  expect({ output, errors }).toEqual({ output: [10_000], errors: [] });
  expect(shown[0]).toBe('Looking at ports|0 of 10000 ports|0|Processing');
  expect(shown.slice(-2)).toEqual([
    'Looking at ports|10000 of 10000 ports|100|Processing',
    'Looking at ports| |-1|Completed',
  ]);
  expect(shown.length).toBeGreaterThan(10);
});

it('a look at few ports asks for no progress', async () => {
  const { output, shown } = await run('(Get-PortStatus 20000).Port; @(Get-PortStatus 1-4095 -Protocol Tcp, Udp).Count');
  expect({ output, shown }).toEqual({ output: [20_000, 8190], shown: [] });
});

it('$ProgressPreference decides as it does for Write-Progress, and the worker serves the next call', async () => {
  const { output, errors, shown } = await run(`
    $worker = Start-PortReservationWorker -PassThru
    $ProgressPreference = 'SilentlyContinue'
    @(Get-PortStatus 1-9000).Count
    $ProgressPreference = 'Stop'
    try { Get-PortStatus 1-9000 } catch { $_.FullyQualifiedErrorId }
    (Get-PortStatus 20000).Port
    (& (Get-Module PortReservation) { $script:Session.Worker.Process.Id }) -eq $worker.ProcessId`);
  expect({ output, errors, shown }).toEqual({
    output: [9000, expect.stringMatching(/^ActionPreferenceStop/), 20_000, true],
    errors: [],
    shown: ['Looking at ports|0 of 9000 ports|0|Processing', 'Looking at ports| |-1|Completed'], // of the last
  });
});

it('a look that is stopped takes the bar away and is cancelled, and the worker serves the next call', async () => {
  const { output, errors, shown } = await runAfterStop(
    '$worker = Start-PortReservationWorker -PassThru; Get-PortStatus 1-65535 -Protocol Tcp, Udp',
    '(Get-PortStatus 20000).Port; (& (Get-Module PortReservation) { $script:Session.Worker.Process.Id }) -eq $worker.ProcessId',
  );
  expect({ output, errors }).toEqual({ output: [20_000, true], errors: [] });
  expect(shown.at(-1)).toBe('Looking at ports| |-1|Completed');
  expect(shown.join()).not.toContain('131070 of 131070');
});

it('a look that is stopped is cancelled at the worker, and what it still tells is not shown by the next', async () => {
  const log = join(session.folder, 'late-progress');
  await session.run(`$env:FAULTY_WORKER_LOG = ${quoted(log)}; Report @{}`);
  const { output, errors, shown, then } = await runAfterStop(
    `${start('late-progress')}; Get-PortStatus 1-65535`,
    "Get-PortStatus 1-8192; 'done'",
  );
  expect({ output, errors }).toEqual({ output: ['done'], errors: [] });
  expect(shown).toEqual(['Working| |1|Processing', 'Working| |-1|Completed']);
  expect(then).toEqual(['Working again| |-1|Processing', 'Working again| |-1|Completed']);
  const methods = readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).method);
  expect(methods.slice(-3)).toEqual(['port/inspect', '$/cancelRequest', 'port/inspect']);
});

it('a worker that dies on the way takes the bar with it', async () => {
  const { errors, shown } = await run(`${start('exit-at-progress')}; Get-PortStatus 1-65535`);
  expect(errors).toMatchObject([{ id: 'WorkerExited,Get-PortStatus' }]);
  expect(shown).toEqual(['Working| |1|Processing', 'Working| |-1|Completed']);
});
