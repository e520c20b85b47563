import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ModuleSession } from './module-session.ts';

let session: ModuleSession;
beforeAll(async () => {
  session = await ModuleSession.start();
});
beforeEach(() => session.reset());
afterAll(() => session[Symbol.asyncDispose]());

const noSignals = process.platform === 'win32';
const why = noSignals ? ' (skipped: no Ctrl+C from outside on Windows)' : '';
const left = '@(Get-PortReservation).Count';
const variables = `@([System.Environment]::GetEnvironmentVariables().Keys | Where-Object { $_ -cmatch '^(PORT|WEB)(_\\d|_RANGE|$)' })`;

describe.skipIf(noSignals)(`Ctrl+C in Invoke-WithPortReservation${why}`, () => {
  it('sets nothing for good when Ctrl+C comes while it sets thousands', async () => {
    const run = session.powershell.run(`
      $watch = [powershell]::Create([initialsessionstate]::CreateDefault2()).AddScript({
        do { $set = 0..99 | Where-Object { [System.Environment]::GetEnvironmentVariable("PORT_$_") } } until ($set)
        [Console]::Out.WriteLine('sets')
      })
      $null = $watch.BeginInvoke()
      Invoke-WithPortReservation -NumberOfPorts 8000 -Protocol Udp -Within 2000-65000 -Hold None { }`);
    await session.powershell.sees('sets');
    session.powershell.interrupt();
    await run;
    expect(await session.run(`$watch.Dispose(); Report @{ left = ${left}; names = ${variables} }`)).toEqual({
      left: 0,
      names: [],
    });
  });

  it('frees the ports on Ctrl+C', async () => {
    const run = session.powershell.run(`
      Invoke-WithPortReservation { [Console]::Out.WriteLine("runs $env:PORT"); while ($true) { [Threading.Thread]::Sleep(10) } }
      [Console]::Out.WriteLine('not here')`);
    await session.powershell.sees('runs ');
    session.powershell.interrupt();
    expect((await run).stdout).not.toContain('not here');
    expect(await session.run(`Report @{ left = ${left}; names = ${variables} }`)).toEqual({ left: 0, names: [] });
  });

  it('frees the ports where it comes while the release waits for a worker that is held up', async () => {
    const { worker } = await session.run(
      '$worker = Start-PortReservationWorker -PassThru; Report @{ worker = $worker.ProcessId }',
    );
    onTestFinished(() => void process.kill(worker, 'SIGCONT'));
    const run = session.powershell.run(`
      $connection = & (Get-Module PortReservation) { $script:Session.Worker.Connection }
      $watch = [powershell]::Create([initialsessionstate]::CreateDefault2()).AddScript({
        param($connection, $held)
        $held.Wait()
        while ($connection.LastId -le $held.Id -or $null -eq $connection.Writing -or -not $connection.Writing.IsCompleted) {
          [Threading.Thread]::Sleep(1)
        }
        [Console]::Out.WriteLine('release is sent')
      }).AddArgument($connection)
      $held = [System.Threading.ManualResetEventSlim]::new() | Add-Member Id 0 -PassThru
      $null = $watch.AddArgument($held).BeginInvoke()
      Invoke-WithPortReservation -Protocol Tcp, Udp -Name stuck {
        kill -STOP $worker.ProcessId
        $held.Id = $connection.LastId
        $held.Set()
      }
      [Console]::Out.WriteLine('not here')`);
    await session.powershell.sees('release is sent');
    session.powershell.interrupt();
    // The prompt is back before the worker is.
    expect((await run).stdout).not.toContain('not here');
    process.kill(worker, 'SIGCONT');
    // A list does not wait for the releases before it.
    await vi.waitUntil(async () => (await session.run(`Report @{ left = ${left} }`)).left === 0, { timeout: 30_000 });
    const seen = await session.run(`$watch.Dispose()
      Report @{ names = ${variables}; worker = (& (Get-Module PortReservation) { $script:Session.Worker.Process.Id }) }`);
    expect(seen).toEqual({ names: [], worker });
  });
});
