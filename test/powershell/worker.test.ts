import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ModuleSession, moduleFolder, quoted } from './module-session.ts';

const onWindows = process.platform === 'win32';
const notThere = onWindows ? ' (skipped: the stand-in for Node is a shell script)' : '';

let session: ModuleSession;
beforeAll(async () => {
  session = await ModuleSession.start();
});
beforeEach(() => session.reset());
afterAll(() => session[Symbol.asyncDispose]());

/** A program that says it is this version of Node and does nothing else. */
function standInForNode(version: string): string {
  const path = join(session.folder, `node-${version}`);
  writeFileSync(path, `#!/bin/sh\n[ "$1" = --version ] && echo v${version}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('Start-PortReservationWorker', () => {
  it('gives the worker, once, with the provider asked for', async () => {
    const seen = await session.run(`
      $silent = @(Start-PortReservationWorker -Provider Ledger).Count
      $failed = try { Start-PortReservationWorker -ErrorAction SilentlyContinue; 'went on' } catch { $_ }
      $stopped = Stop-PortReservationWorker -PassThru
      $worker = Start-PortReservationWorker -PassThru -Provider Ledger -StartTimeout 60
      Report @{ silent = $silent; failed = Get-Facts $failed; type = $worker.PSTypeNames[0]; provider = $worker.Provider
        version = $worker.Version; module = (Get-Module PortReservation).Version; protocol = $worker.ProtocolVersion
        runtime = $worker.RuntimeEnforcement; persistent = $worker.PersistentEnforcement; platform = $worker.Platform
        other = $worker.ProcessId -ne $stopped.ProcessId; line = $worker.CommandLine[-1] }`);
    expect(seen).toMatchObject({
      silent: 0,
      failed: [{ id: 'WorkerRunning,Start-PortReservationWorker', category: 'ResourceExists' }],
      type: 'PortReservation.Worker',
      provider: 'Ledger',
      version: seen.module,
      protocol: 1,
      runtime: 'Socket',
      persistent: 'Ledger',
      platform: process.platform,
      other: true,
      line: '--stdio',
    });
  });

  it('replaces with -Force the one that runs, and frees what it held', async () => {
    const seen = await session.run(`
      $first = Start-PortReservationWorker -Provider Ledger -PassThru
      $held = New-PortReservation
      $second = Start-PortReservationWorker -Provider Ledger -Force -PassThru
      Report @{ other = $first.ProcessId -ne $second.ProcessId; left = @(Get-PortReservation).Count
        again = @(Start-PortReservationWorker -Provider Ledger -Force -PassThru).Count }`);
    expect(seen).toEqual({ other: true, left: 0, again: 1 });
  });

  it('reserves nothing here where the machine that was asked for cannot be reached', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/remote.md'), 'utf8');
    const pasted = /```powershell\n([\s\S]*?)```/.exec(page)![1]!.split('\n');
    expect(pasted[0]).toContain('ssh, build01');
    const lines = pasted.map((line) => line.replace('ssh, build01,', '/nonexistent/ssh, build01,'));
    const seen = await session.run(`
      $null = New-PortReservation -Name before
      $failed = @()
      foreach ($line in ${lines.filter(Boolean).slice(0, 2).map(quoted).join(', ')}) { try { Invoke-Expression $line } catch { $failed += $_ } }
      $null = Stop-PortReservationWorker
      Report @{ failed = @($failed | ForEach-Object { $_.FullyQualifiedErrorId }); here = @(Get-PortReservation).Count }`);
    expect(seen).toEqual({
      failed: [expect.stringContaining('WorkerStartFailed'), expect.stringContaining('WorkerStartFailed')],
      here: 0,
    });
  });

  it('takes Node and worker by path, relative ones from the current location', async () => {
    const { commandLine } = await session.run(`
      $worker = Start-PortReservationWorker -NodePath ${quoted(process.execPath)} -WorkerPath ${quoted(join(moduleFolder, 'worker', 'worker.mjs'))} -PassThru
      Report @{ commandLine = $worker.CommandLine }`);
    expect(commandLine).toEqual([process.execPath, join(moduleFolder, 'worker', 'worker.mjs'), '--stdio']);
  });

  it.each([
    ['-NodePath /nonexistent/node', 'NodeNotFound', /not at '.*node', where -NodePath says it is/, 'ObjectNotFound'],
    ['-WorkerPath /nonexistent/worker.mjs', 'WorkerNotFound', /worker\.mjs' does not exist/, 'ObjectNotFound'],
    ['-CommandLine /nonexistent/program', 'WorkerStartFailed', /cannot be started: /, 'OpenError'],
  ])('%s: %s', async (parameters, id, says, category) => {
    const { failed } = await session.run(`
      try { Start-PortReservationWorker ${parameters} -ErrorVariable collected } catch { $failed = $_ }
      Report @{ failed = Get-Facts $failed }`);
    expect(failed).toMatchObject([
      { id: `${id},Start-PortReservationWorker`, category, message: expect.stringMatching(says) },
    ]);
    expect(failed[0].action).not.toBe('');
  });
});

describe('the Node that the worker runs on', () => {
  it('is the one that PORT_RESERVATION_NODE names, or an error that names the variable', async () => {
    const { failed, line } = await session.run(`
      $env:PORT_RESERVATION_NODE = '/nonexistent/node'
      try { New-PortReservation } catch { $failed = $_ }
      $env:PORT_RESERVATION_NODE = ${quoted(process.execPath)}
      $worker = Start-PortReservationWorker -PassThru
      $env:PORT_RESERVATION_NODE = $null
      Report @{ failed = Get-Facts $failed; line = $worker.CommandLine[0] }`);
    expect(failed).toMatchObject([
      { id: 'NodeNotFound,New-PortReservation', message: expect.stringContaining('PORT_RESERVATION_NODE') },
    ]);
    expect(line).toBe(process.execPath);
  });

  it('is looked for on PATH, and what to install is said when it is not there', async () => {
    const { failed } = await session.run(`
      $path = $env:PATH
      $env:PATH = 'relative', '/nonexistent' -join [System.IO.Path]::PathSeparator
      try { Get-PortReservation } catch { $failed = $_ } finally { $env:PATH = $path }
      Report @{ failed = Get-Facts $failed }`);
    expect(failed).toMatchObject([
      { id: 'NodeNotFound,Get-PortReservation', action: expect.stringMatching(/Install Node\.js 20\.19 or newer/) },
    ]);
  });

  it.skipIf(onWindows)(`is refused when it is too old${notThere}`, async () => {
    const { failed, works } = await session.run(`
      $failed = foreach ($node in ${['18.20.4', '20.18.3'].map((version) => quoted(standInForNode(version))).join(', ')}) {
        try { Start-PortReservationWorker -NodePath $node } catch { $_ }
      }
      Report @{ failed = Get-Facts $failed; works = (Start-PortReservationWorker -PassThru).Provider }`);
    const id = 'NodeTooOld,Start-PortReservationWorker';
    expect(failed).toMatchObject([
      { id, category: 'NotInstalled', message: expect.stringMatching(/is version 18\.20\.4; the worker needs 20\.19/) },
      { id, message: expect.stringMatching(/20\.18\.3/), action: expect.stringMatching(/Install Node\.js 20\.19/) },
    ]);
    expect(works).not.toBe('');
  });

  it.skipIf(onWindows)(`is taken at its word when it is recent, and its failure is told${notThere}`, async () => {
    const { failed } = await session.run(`
      try { Start-PortReservationWorker -NodePath ${quoted(standInForNode('24.1.0-nightly'))} } catch { $failed = $_ }
      Report @{ failed = Get-Facts $failed }`);
    expect(failed).toMatchObject([
      {
        id: 'WorkerExited,Start-PortReservationWorker',
        message: expect.stringMatching(/'initialize' was not answered.*exit code 1/),
      },
    ]);
  });
});

describe('the life of the worker', () => {
  it('ends with Remove-Module, and what it held is free', async () => {
    await using own = await ModuleSession.start();
    const { ended, free } = await own.run(`
      $r = New-PortReservation
      $process = [System.Diagnostics.Process]::GetProcessById($r.Owner.ProcessId)
      Remove-Module PortReservation
      $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Any, $r.StartPort)
      $listener.Start()
      $listener.Stop()
      Report @{ ended = $process.HasExited; free = $true }`);
    expect({ ended, free }).toEqual({ ended: true, free: true });
  });

  it('each runspace has a worker of its own', async () => {
    const { owners, count } = await session.run(`
      $r = New-PortReservation
      $other = [powershell]::Create([initialsessionstate]::CreateDefault2())
      $null = $other.AddScript({ param($module) Import-Module $module; (New-PortReservation).Owner.ProcessId; Stop-PortReservationWorker }).AddArgument(${quoted(moduleFolder)})
      $id = $other.Invoke()[0]
      $other.Dispose()
      Report @{ owners = $id -ne $r.Owner.ProcessId; count = @(Get-PortReservation).Count }`);
    expect({ owners, count }).toEqual({ owners: true, count: 1 });
  });

  it('that cannot be talked to any more is ended by the start of another, and by no completion', async () => {
    const seen = await session.run(`
      $r = New-PortReservation -Name broken
      $process = [System.Diagnostics.Process]::GetProcessById($r.Owner.ProcessId)
      & (Get-Module PortReservation) { $script:Session.Worker.Connection.Failure = [System.IO.IOException]::new('interrupted') }
      $line = 'Get-PortReservation -Name bro'
      $completed = [System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches.CompletionText
      $before = $process.HasExited
      Start-PortReservationWorker
      Report @{ completed = "$completed"; before = $before; ended = $process.WaitForExit(30000); left = @(Get-PortReservation).Count }`);
    expect(seen).toEqual({ completed: expect.not.stringContaining('broken'), before: false, ended: true, left: 0 });
  });

  it('ends with its runspace, and what it held is free', async () => {
    const { ended, free } = await session.run(`
      $other = [powershell]::Create([initialsessionstate]::CreateDefault2())
      $null = $other.AddScript({ param($module) Import-Module $module; New-PortReservation -Name parallel }).AddArgument(${quoted(moduleFolder)})
      $r = $other.Invoke()[0]
      $process = [System.Diagnostics.Process]::GetProcessById($r.Owner.ProcessId)
      $other.Runspace.Dispose()
      $other.Dispose()
      Report @{ ended = $process.WaitForExit(30000); free = @(Get-PortReservation parallel*).Count }`);
    expect({ ended, free }).toEqual({ ended: true, free: 0 });
  });

  it('the choice of Start-PortReservationWorker holds for the worker that replaces a dead one, until Stop-', async () => {
    const seen = await session.runWithErrors(`
      $first = Start-PortReservationWorker -Provider Ledger -PassThru
      [System.Diagnostics.Process]::GetProcessById($first.ProcessId).Kill()
      [System.Diagnostics.Process]::GetProcessById($first.ProcessId).WaitForExit()
      $replaced = (New-PortReservation).Provider
      Stop-PortReservationWorker
      Report @{ replaced = $replaced; options = & (Get-Module PortReservation) { $script:Session.Options.Count } }`);
    expect(seen.values).toEqual({ replaced: 'Ledger', options: 0 });
  });
});
