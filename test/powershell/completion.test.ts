import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ModuleSession, quoted } from './module-session.ts';

const complete = `
function Complete ([string] $Line) {
  $found = [System.Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).CompletionMatches
  , @($found | ForEach-Object { $_.CompletionText })
}`;

it('completes names of reservations, quoted where needed, and protocols', async () => {
  await using session = await ModuleSession.start();
  const seen = await session.run(`${complete}
    foreach ($name in 'web', 'web two', "it's", 'Api', '$x') { New-PortReservation -Name $name > $null }
    New-PortReservation -Document shop > $null
    Report @{
      all = Complete 'Get-PortReservation -Name '
      position = Complete 'Get-PortReservation w'
      quoted = Complete "Test-PortReservation -Name 'web t"
      remove = Complete 'Remove-PortReservation -Name a'
      none = Complete 'Get-PortReservation -Name zzz'
      protocol = Complete 'New-PortReservation -Protocol '
      lifetime = Complete 'Get-PortReservation -Lifetime p'
      document = Complete 'Export-PortReservation -Document '
      provider = Complete 'Start-PortReservationWorker -Provider l'
    }`);
  expect(seen).toMatchObject({
    all: ["'$x'", 'Api', "'it''s'", 'web', "'web two'"],
    position: ['web', "'web two'"],
    quoted: ["'web two'"],
    remove: ['Api'],
    protocol: ['Tcp', 'Udp'],
    lifetime: ['Persistent'],
    document: ['shop'],
    provider: ['Ledger', 'Linux'],
  });
  expect(seen.none).not.toContain('web');
});

it('completes the documents of both kinds wherever one is named, and every list of words', async () => {
  await using session = await ModuleSession.start();
  const { offered, incomplete } = await session.run(`${complete}
    New-PortReservation -Document shop > $null
    $offered = @{}
    $incomplete = foreach ($command in Get-Command -Module PortReservation) {
      foreach ($parameter in $command.Parameters.Values) {
        if ($parameter.Name -eq 'Document') { $offered[$command.Name] = (Complete "$($command.Name) -Document s")[0] }
        $words = $parameter.Attributes | Where-Object { $_ -is [System.Management.Automation.ValidateSetAttribute] }
        if ($words -and (Complete "$($command.Name) -$($parameter.Name) ").Count -ne $words.ValidValues.Count) { $command.Name }
      }
    }
    Report @{ offered = $offered; incomplete = @($incomplete) }`);
  const commands = ['Export-PortReservation'].concat(
    ['Get', 'New', 'Remove'].flatMap((verb) => [`${verb}-PortExclusion`, `${verb}-PortReservation`]),
  );
  expect(offered).toEqual(Object.fromEntries(commands.map((command) => [command, 'shop'])));
  expect(incomplete).toEqual([]);
});

it('offers no name, and writes no error, where there is no worker to ask', async () => {
  await using session = await ModuleSession.start({ env: { PORT_RESERVATION_NODE: '/nonexistent/node' } });
  const { names } = await session.run(`${complete}\nReport @{ names = Complete 'Remove-PortReservation -Name web' }`);
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
