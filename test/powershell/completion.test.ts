import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ModuleSession, quoted } from './module-session.ts';

const complete = `
function Complete ([string] $Line) {
  $found = [System.Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).CompletionMatches
  , @($found | ForEach-Object { $_.CompletionText })
}`;

it('offers no name, and writes no error, where there is no worker to ask', async () => {
  await using session = await ModuleSession.start({ env: { PORT_RESERVATION_NODE: '/nonexistent/node' } });
  const { names } = await session.run(`${complete}\nReport @{ names = Complete 'Remove-PortReservation -Name we' }`);
  expect(names).not.toContain('web');
});

it('gives up on a worker that does not answer at once, and leaves it as it is', async () => {
  const faultyWorker = fileURLToPath(new URL('../fixtures/faulty-worker.mjs', import.meta.url));
  await using session = await ModuleSession.start();
  const seen = await session.run(`${complete}
    $worker = Start-PortReservationWorker -PassThru -CommandLine ${[process.execPath, faultyWorker, 'late'].map(quoted).join(', ')}
    $names = Complete 'Get-PortReservation -Name w'
    $count = @(Get-PortReservation).Count
    $same = (& (Get-Module PortReservation) { $script:Session.Worker.Process.Id }) -eq $worker.ProcessId
    Report @{ names = $names; count = $count; same = $same }`);
  expect(seen).toMatchObject({ count: 0, same: true });
  expect(seen.names).not.toContain('web');
});

it('a name that looks like a pattern is itself in the pipeline, and escaped where a pattern is asked for', async () => {
  await using session = await ModuleSession.start();
  const name = 'test_api[chrome-1*2]';
  const seen = await session.run(`${complete}
    foreach ($name in ${quoted(name)}, 'test_apic', 'test_api[chrome-112]') { New-PortReservation -Name $name > $null }
    $one = Get-PortReservation -Name (Complete 'Get-PortReservation -Name test_api')[2].Trim("'")
    Report @{
      offered = Complete 'Remove-PortReservation -Name test_api'
      new = Complete 'New-PortReservation -Name test_apic'
      one = @($one.Name)
      pattern = @((Get-PortReservation -Name ${quoted(name)}).Name)
      removed = @(($one | Remove-PortReservation -PassThru).Name)
      rest = @((Get-PortReservation -Name 'test_api*').Name)
    }`);
  expect(seen).toMatchObject({
    offered: ['test_apic', "'test_api`[chrome-112`]'", "'test_api`[chrome-1`*2`]'"],
    one: [name],
    pattern: ['test_apic'],
    removed: [name],
  });
  expect([...(seen.rest as string[])].sort()).toEqual(['test_api[chrome-112]', 'test_apic']);
});
