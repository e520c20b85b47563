import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ModuleSession } from './module-session.ts';

let session: ModuleSession;
beforeAll(async () => {
  session = await ModuleSession.start();
});
beforeEach(() => session.reset());
afterAll(() => session[Symbol.asyncDispose]());

it('rows of text, as Import-Csv gives them, bind into every cmdlet', async () => {
  const seen = await session.run(`
    $rows = @(
      [pscustomobject] @{ Name = 'api'; Protocol = 'tcp'; Count = '2'; Within = '22000-22999'; Reason = '' }
      [pscustomobject] @{ Name = ''; Protocol = 'udp'; Count = '1'; Within = ''; Reason = 'nameless' }
    )
    $made = @($rows | New-PortReservation)
    $asText = foreach ($r in $made) {
      [pscustomobject] @{ Name = $r.Name; Protocol = $r.Protocol; StartPort = "$($r.StartPort)"
        NumberOfPorts = "$($r.NumberOfPorts)"; Token = "$($r.Token)"; Lifetime = $r.Lifetime }
    }
    Report @{
      names = $made.Name; protocols = $made.Protocol; counts = $made.NumberOfPorts; reasons = $made.Reason
      got = @($asText | Get-PortReservation).Count; tested = @($asText | Test-PortReservation)
      removed = @($asText | Remove-PortReservation -PassThru).Count; after = @($asText | Test-PortReservation)
      remade = @($asText | New-PortReservation).StartPort -join ','; first = $made.StartPort -join ','
    }`);
  expect(seen).toMatchObject({
    names: ['api', null],
    protocols: ['Tcp', 'Udp'],
    counts: [2, 1],
    reasons: [null, 'nameless'],
    got: 2,
    tested: [true, true],
    removed: 2,
    after: [false, false],
    remade: seen.first,
  });
});

it('the lifetime of an object counts, and -Persistent is stronger', async () => {
  const { lifetimes } = await session.run(`
    Start-PortReservationWorker -Provider Ledger
    $rows = [pscustomobject] @{ Lifetime = 'Persistent' }, [pscustomobject] @{ Lifetime = 'Runtime' }
    $made = @($rows | New-PortReservation) + @($rows[1] | New-PortReservation -Persistent)
    $made | Remove-PortReservation
    Report @{ lifetimes = $made.Lifetime }`);
  expect(lifetimes).toEqual(['Persistent', 'Runtime', 'Persistent']);
});

it('one bad input gives one error, and the next one is processed', async () => {
  const { create, remove, names, left } = await session.run(`
    $rows = @(
      [pscustomobject] @{ Name = 'one'; StartPort = '23100'; Count = 2 }
      [pscustomobject] @{ Name = 'overlap'; StartPort = '23101'; Count = 2 }
      [pscustomobject] @{ Name = 'past the end'; StartPort = '65530'; Count = 10 }
      [pscustomobject] @{ Name = 'no range'; Count = 1; Within = '30000-20000' }
      [pscustomobject] @{ Name = 'too much'; Count = 10; Within = '23200-23203' }
      [pscustomobject] @{ Name = 'bad*name'; Count = 1 }
      [pscustomobject] @{ Name = 'two'; StartPort = '23103'; Count = 2 }
    )
    $made = @($rows | New-PortReservation -ErrorVariable create -ErrorAction SilentlyContinue)
    $gone = $made[0], [pscustomobject] @{ StartPort = 23999 }, [pscustomobject] @{ Name = 'nobody' }, [pscustomobject] @{ Token = 0 }, $made[1]
    $gone | Remove-PortReservation -ErrorVariable remove -ErrorAction SilentlyContinue
    Report @{ create = Get-Facts $create; names = $made.Name; remove = Get-Facts $remove; left = @(Get-PortReservation).Count }`);
  expect(names).toEqual(['one', 'two']);
  expect(create).toMatchObject([
    { id: 'RangeReserved,New-PortReservation', category: 'ResourceExists', target: 'tcp 23101-23102' },
    {
      id: 'InvalidParams,New-PortReservation',
      category: 'InvalidArgument',
      target: 'Tcp 65530-65539',
      message: expect.stringContaining('65535'),
    },
    { id: 'InvalidRange,New-PortReservation', category: 'InvalidArgument', target: '30000-20000' },
    { id: 'InvalidParams,New-PortReservation', message: expect.stringContaining('numberOfPorts') },
    { id: 'InvalidParams,New-PortReservation', message: expect.stringContaining('name') },
  ]);
  expect(remove).toMatchObject([
    { id: 'NotFound,Remove-PortReservation', target: 'tcp 23999', action: expect.stringMatching(/./) },
    { id: 'NotFound,Remove-PortReservation', target: "'nobody'" },
    { id: 'SelectorMissing,Remove-PortReservation', category: 'InvalidArgument' },
  ]);
  expect(left).toBe(0);
});

it('a value that no parameter takes gives one error, and the next one is processed', async () => {
  const { failed, names } = await session.run(`
    $Error.Clear()
    $rows = foreach ($port in '0', '65536', 'x', '23110') { [pscustomobject] @{ Name = "from $port"; StartPort = $port } }
    $made = @($rows | New-PortReservation -ErrorAction SilentlyContinue)
    Report @{ failed = (Get-Facts $Error).id; names = $made.Name }`);
  expect(names).toBe('from 23110');
  expect(failed).toEqual([
    'ParameterArgumentTransformationError,New-PortReservation',
    'ParameterArgumentValidationError,New-PortReservation',
    'ParameterArgumentValidationError,New-PortReservation',
  ]);
});

it('a port in use gives PortInUse', async () => {
  const { failed, port } = await session.run(`
    $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
    $listener.Start()
    $port = $listener.LocalEndpoint.Port
    New-PortReservation -StartPort $port -ErrorVariable failed -ErrorAction SilentlyContinue
    $listener.Stop()
    Report @{ failed = Get-Facts $failed; port = $port }`);
  expect(failed).toMatchObject([
    { id: 'PortInUse,New-PortReservation', category: 'ResourceBusy', target: `tcp ${port}` },
  ]);
});

it('an empty selection never means all', async () => {
  const { failed, left } = await session.run(`
    $r = New-PortReservation -Name precious
    $failed = @()
    Get-PortReservation -Name '' -ErrorVariable +failed -ErrorAction SilentlyContinue | Remove-PortReservation
    [pscustomobject] @{ Name = '' } | Get-PortReservation -ErrorVariable +failed -ErrorAction SilentlyContinue | Remove-PortReservation
    Test-PortReservation -ErrorVariable +failed -ErrorAction SilentlyContinue
    Remove-PortReservation -ErrorVariable +failed -ErrorAction SilentlyContinue
    try { Remove-PortReservation -Name '' -ErrorAction SilentlyContinue } catch { $failed += $_ }
    Report @{ failed = (Get-Facts $failed).id; left = (Get-PortReservation).Name }`);
  expect(failed).toEqual([
    'SelectorMissing,Get-PortReservation',
    'SelectorMissing,Get-PortReservation',
    'SelectorMissing,Test-PortReservation',
    'SelectorMissing,Remove-PortReservation',
    'ParameterArgumentValidationError,Remove-PortReservation',
  ]);
  expect(left).toBe('precious');
});

it('-WhatIf changes nothing and says what it would do', async () => {
  const { values, stdout } = await session.runWithErrors(`
    Start-PortReservationWorker -WhatIf
    $started = $null -ne (& (Get-Module PortReservation) { $script:Session.Worker })
    New-PortReservation -NumberOfPorts 3 -WhatIf
    New-PortReservation -StartPort 24000 -Count 2 -WhatIf
    $r = New-PortReservation -Name keep -StartPort 24010
    $r | Remove-PortReservation -WhatIf
    Remove-PortReservation k* -WhatIf
    New-PortReservation -StartPort 24009 -Count 2 -WhatIf
    Stop-PortReservationWorker -WhatIf
    Report @{ started = $started; left = @(Get-PortReservation).Count }`);
  expect(values).toEqual({ started: false, left: 1 });
  expect(stdout.match(/What if:.*on target "([^"]*)"/g)).toHaveLength(7);
  expect(stdout.match(/WARNING: It would fail: .*/g)).toEqual([
    expect.stringMatching(/^WARNING: It would fail: tcp 24009-24010 overlaps the runtime reservation tcp 24010 "keep"/),
  ]);
  expect(stdout).toContain('"3 free Tcp ports"');
  expect(stdout).toContain('"Tcp 24000-24001"');
  expect(stdout).toContain(`"Tcp 24010 'keep'"`);
});
