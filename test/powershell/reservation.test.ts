import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ModuleSession } from './module-session.ts';

let session: ModuleSession;
beforeAll(async () => {
  session = await ModuleSession.start();
});
beforeEach(() => session.reset());
afterAll(() => session[Symbol.asyncDispose]());

const listen = `
function Test-Listen ([int] $Port) {
  $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, $Port)
  try { $listener.Start(); $true } catch [System.Net.Sockets.SocketException] { $false } finally { $listener.Stop() }
}`;

describe('New-PortReservation', () => {
  it('gives a typed object whose ports nobody else can listen on until it is removed', async () => {
    const seen = await session.run(`${listen}
      $r = New-PortReservation -NumberOfPorts 10 -Name web -Reason 'a test'
      $ports = $r.StartPort..$r.EndPort
      Report @{
        type = $r.PSTypeNames[0]; protocol = $r.Protocol; count = $r.NumberOfPorts; span = $r.EndPort - $r.StartPort
        token = $r.Token.GetType().Name; isToken = $r.Token -gt 0; lifetime = $r.Lifetime; name = $r.Name; reason = $r.Reason
        createdAt = $r.CreatedAt.GetType().Name
        age = [Math]::Abs(([datetime]::Now - $r.CreatedAt).TotalMinutes) -lt 5
        held = @($ports | Where-Object { Test-Listen $_ }).Count
        output = @($r | Remove-PortReservation).Count
        free = @($ports | Where-Object { Test-Listen $_ }).Count
      }`);
    expect(seen).toEqual({
      type: 'PortReservation.Reservation',
      protocol: 'Tcp',
      count: 10,
      span: 9,
      token: 'UInt64',
      isToken: true,
      lifetime: 'Runtime',
      name: 'web',
      reason: 'a test',
      createdAt: 'DateTime',
      age: true,
      held: 0,
      output: 0,
      free: 10,
    });
  });

  it.skipIf(process.platform !== 'linux')('holds the ports as -Hold says', async () => {
    const seen = await session.run(`
      $r = foreach ($hold in 'Strict', 'Yield', 'None') { New-PortReservation -Hold $hold }
      New-PortReservation -Persistent -Hold Yield -ErrorAction SilentlyContinue -ErrorVariable failed
      Report @{ enforcement = $r.Enforcement; failed = Get-Facts $failed }`);
    expect(seen.enforcement).toEqual(['Socket', 'EphemeralOnly', 'Ledger']);
    expect(seen.failed).toMatchObject([
      { id: expect.stringMatching(/^InvalidParams/), message: expect.stringMatching(/hold/) },
    ]);
  });

  it('says who owns it, which is the worker', async () => {
    const seen = await session.run(`
      $worker = Start-PortReservationWorker -PassThru
      $r = New-PortReservation
      Report @{ isWorker = $r.Owner.ProcessId -eq $worker.ProcessId; user = $r.Owner.User; text = "$($r.Owner)"
        id = $worker.ProcessId; name = $null -eq $r.Name; reason = $null -eq $r.Reason; start = $r.StartPort; end = $r.EndPort }`);
    expect(seen).toMatchObject({ isWorker: true, name: true, reason: true, text: `${seen.user} (${seen.id})` });
    expect(seen.end).toBe(seen.start);
  });

  it('takes protocol, start port, range to look in, and what to do when it exists', async () => {
    const seen = await session.run(`
      $udp = New-PortReservation -Protocol Udp -Count 3 -Within 21000-21999
      $tcp = New-PortReservation -StartPort $udp.StartPort -NumberOfPorts 3
      $same = New-PortReservation -Protocol udp -StartPort $udp.StartPort -NumberOfPorts 3 -IfExists Return
      $again = New-PortReservation -Protocol Udp -StartPort $udp.StartPort -NumberOfPorts 3 -ErrorVariable failed -ErrorAction SilentlyContinue
      Report @{ protocol = $udp.Protocol; inside = $udp.StartPort -ge 21000 -and $udp.EndPort -le 21999
        tcp = $tcp.StartPort -eq $udp.StartPort; same = $same.Token -eq $udp.Token; again = $null -eq $again; failed = Get-Facts $failed }`);
    expect(seen).toMatchObject({ protocol: 'Udp', inside: true, tcp: true, same: true, again: true });
    expect(seen.failed).toMatchObject([
      { id: 'RangeReserved,New-PortReservation', category: 'ResourceExists', action: expect.stringMatching(/./) },
    ]);
  });

  it('makes persistent ones that outlive the worker', async () => {
    const seen = await session.run(`
      Start-PortReservationWorker -Provider Ledger
      $kept = New-PortReservation -Persistent -Name kept
      $lost = New-PortReservation -Name lost
      Stop-PortReservationWorker
      Start-PortReservationWorker -Provider Ledger
      $found = @(Get-PortReservation)
      Report @{ names = $found.Name; lifetime = $found[0].Lifetime; enforcement = $found[0].Enforcement
        token = $found[0].Token -eq $kept.Token; runtime = @(Get-PortReservation -Lifetime Runtime).Count }
      $kept | Remove-PortReservation
      Report @{ end = @(Get-PortReservation).Count }`);
    expect(seen).toEqual({
      end: 0,
      names: 'kept',
      lifetime: 'Persistent',
      enforcement: 'Ledger',
      token: true,
      runtime: 0,
    });
  });
});

describe('Get-PortReservation', () => {
  it('finds by name, wildcard, protocol, port, range and token', async () => {
    const seen = await session.run(`
      $a = New-PortReservation -Name web-a -Count 5
      $b = New-PortReservation -Name web-b -Protocol Udp
      $c = New-PortReservation -Name other
      Report @{
        all = @(Get-PortReservation).Count
        exact = (Get-PortReservation WEB-A).Name
        wild = @(Get-PortReservation web-*).Name
        two = @(Get-PortReservation web-b, other).Name
        both = (Get-PortReservation web-* -Protocol Udp).Name
        port = (Get-PortReservation -Port ($a.StartPort + 3)).Name
        range = (Get-PortReservation -StartPort $a.StartPort -Count 5).Name
        rangeOfOtherName = @(Get-PortReservation x* -StartPort $a.StartPort -Count 5 -ErrorAction SilentlyContinue).Count
        udp = (Get-PortReservation -StartPort $b.StartPort -Protocol Udp).Name
        token = (Get-PortReservation -Token $c.Token).Name
        again = ($a | Get-PortReservation).Token -eq $a.Token
        piped = @($a, $b, $c | Get-PortReservation).Name
      }`);
    expect(seen).toEqual({
      all: 3,
      exact: 'web-a',
      wild: ['web-a', 'web-b'],
      two: ['other', 'web-b'],
      both: 'web-b',
      port: 'web-a',
      range: 'web-a',
      rangeOfOtherName: 0,
      udp: 'web-b',
      token: 'other',
      again: true,
      piped: ['web-a', 'web-b', 'other'],
    });
  });

  it('gives NotFound for what is named exactly, and nothing for what only narrows', async () => {
    const { exact, narrow } = await session.run(`
      Get-PortReservation nobody -ErrorVariable name -ErrorAction SilentlyContinue
      Get-PortReservation -StartPort 12345 -Count 2 -ErrorVariable range -ErrorAction SilentlyContinue
      Get-PortReservation -Token 18446744073709551615 -ErrorVariable token -ErrorAction SilentlyContinue
      $exact = Get-Facts (@($name) + $range + $token)
      $narrow = @(Get-PortReservation nobody*; Get-PortReservation -Port 12345; Get-PortReservation -Protocol Udp).Count
      Report @{ exact = $exact; narrow = $narrow }`);
    const id = 'NotFound,Get-PortReservation';
    expect(exact).toMatchObject([
      { id, category: 'ObjectNotFound', target: "'nobody'" },
      { id, target: 'Tcp 12345-12346' },
      { id, target: 'token 18446744073709551615' },
    ]);
    expect(narrow).toBe(0);
  });
});

describe('Test-PortReservation', () => {
  it('gives one bool per input', async () => {
    const seen = await session.run(`
      $a = New-PortReservation -Name a -Count 4
      $gone = New-PortReservation -Name gone
      $gone | Remove-PortReservation
      Report @{
        piped = @($a, $gone | Test-PortReservation); type = (Test-PortReservation a).GetType().Name
        name = Test-PortReservation a; wild = Test-PortReservation z*; part = Test-PortReservation -StartPort $a.StartPort
        range = Test-PortReservation -StartPort $a.StartPort -Count 4; port = Test-PortReservation -Port $a.EndPort
        udp = Test-PortReservation -Port $a.EndPort -Protocol Udp; token = Test-PortReservation -Token $a.Token
      }`);
    expect(seen).toEqual({
      piped: [true, false],
      type: 'Boolean',
      name: true,
      wild: false,
      part: false,
      range: true,
      port: true,
      udp: false,
      token: true,
    });
  });
});

describe('Remove-PortReservation', () => {
  it('removes by name, wildcard, range, token and pipeline, and returns nothing unless told to', async () => {
    const seen = await session.run(`
      foreach ($n in 'a', 'b-1', 'b-2', 'c', 'd', 'e') { New-PortReservation -Name $n -Count 2 > $null }
      $c = Get-PortReservation c
      $d = Get-PortReservation d
      $silent = @(Remove-PortReservation a).Count
      $passed = @((Remove-PortReservation b-* -PassThru).Name | Where-Object { $_ -like 'b-[12]' }).Count
      Remove-PortReservation -StartPort $c.StartPort -NumberOfPorts 2
      Remove-PortReservation -Token $d.Token
      $left = (Get-PortReservation).Name
      Get-PortReservation e | Remove-PortReservation
      Report @{ silent = $silent; passed = $passed; left = $left; end = @(Get-PortReservation).Count }`);
    expect(seen).toEqual({ silent: 0, passed: 2, left: 'e', end: 0 });
  });

  it('refuses a reservation that another process holds with NotOwner', async () => {
    await using other = await ModuleSession.start();
    const home = (await session.run('Report @{ home = $env:PORT_RESERVATION_HOME }')).home;
    await other.run(`$env:PORT_RESERVATION_HOME = '${home}'; $r = New-PortReservation -Name theirs; Report @{}`);
    const { failed, left } = await session.run(`
      Get-PortReservation theirs | Remove-PortReservation -ErrorVariable failed -ErrorAction SilentlyContinue
      Report @{ failed = Get-Facts $failed; left = (Get-PortReservation theirs).Name }`);
    expect(failed).toMatchObject([{ id: 'NotOwner,Remove-PortReservation', category: 'PermissionDenied' }]);
    expect(left).toBe('theirs');
  });
});
