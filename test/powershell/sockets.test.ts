import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ModuleSession } from './module-session.ts';

let session: ModuleSession;
beforeAll(async () => {
  session = await ModuleSession.start();
  await session.run(`
    function New-Socket ([string] $Protocol = 'Tcp') {
      $type = if ($Protocol -eq 'Tcp') { 'Stream' } else { 'Dgram' }
      [System.Net.Sockets.Socket]::new('InterNetwork', $type, $Protocol)
    }
    function Get-Bind ($Socket, [int] $Port) {
      try { $Socket.Bind([System.Net.IPEndPoint]::new([System.Net.IPAddress]::Any, $Port)); 'bound' }
      catch { "$($_.Exception.GetBaseException().SocketErrorCode)" }
    }
    Report @{}`);
});
beforeEach(() => session.reset());
afterAll(() => session[Symbol.asyncDispose]());

it('a socket of the caller may bind inside once it is connected to the reservation, and not before', async () => {
  const seen = await session.run(`
    $reservation = New-PortReservation -NumberOfPorts 3
    $plain = New-Socket
    $byToken = New-Socket
    $piped = New-Socket
    $nothing = Connect-PortReservation -Socket $byToken -Token $reservation.Token
    $same = $reservation | Connect-PortReservation -Socket $piped -PassThru
    Report @{
      plain = Get-Bind $plain $reservation.StartPort
      byToken = Get-Bind $byToken $reservation.StartPort
      piped = Get-Bind $piped $reservation.EndPort
      nothing = $null -eq $nothing; same = [object]::ReferenceEquals($same, $piped)
    }
    $plain, $byToken, $piped | ForEach-Object { $_.Dispose() }`);
  expect(seen).toEqual({ plain: 'AddressAlreadyInUse', byToken: 'bound', piped: 'bound', nothing: true, same: true });
});

it('connections reach a socket bound inside, before and after the reservation is removed', async () => {
  const { texts, others } = await session.run(`
    $reservation = New-PortReservation -NumberOfPorts 2
    $socket = $reservation | New-PortReservationSocket
    $socket.Listen(10)
    $texts = foreach ($round in 1, 2) {
      $client = [System.Net.Sockets.TcpClient]::new('127.0.0.1', $reservation.StartPort)
      $server = $socket.Accept()
      $null = $server.Send([System.Text.Encoding]::ASCII.GetBytes("hello $round"))
      $server.Dispose()
      $buffer = [byte[]]::new(100)
      [System.Text.Encoding]::ASCII.GetString($buffer, 0, $client.GetStream().Read($buffer, 0, 100))
      $client.Dispose()
      if ($round -eq 1) { $reservation | Remove-PortReservation }
    }
    $socket.Dispose()
    Report @{ texts = $texts; others = Get-Bind (New-Socket) $reservation.EndPort }`);
  expect(texts).toEqual(['hello 1', 'hello 2']);
  expect(others).toBe('bound');
});

it.each(['Tcp', 'Udp'])(
  '%s: each socket gets a port of its own until none is left, and a closed one frees its port',
  async (protocol) => {
    const seen = await session.run(`
    $reservation = New-PortReservation -Protocol ${protocol} -NumberOfPorts 2
    $first = $reservation | New-PortReservationSocket
    $second = New-PortReservationSocket -Token $reservation.Token
    $none = $reservation | New-PortReservationSocket -ErrorVariable full -ErrorAction SilentlyContinue
    $taken = $reservation | New-PortReservationSocket -Port $reservation.EndPort -ErrorVariable one -ErrorAction SilentlyContinue
    $first.Dispose()
    $again = $reservation | New-PortReservationSocket -Port $reservation.StartPort -Address 127.0.0.1
    Report @{
      offsets = @($second, $again | ForEach-Object { $_.LocalEndPoint.Port - $reservation.StartPort })
      type = "$($second.ProtocolType)"; isBound = $second.IsBound; address = "$($again.LocalEndPoint.Address)"
      none = @($none).Count; full = Get-Facts $full; one = Get-Facts $one
    }
    $second, $again | ForEach-Object { $_.Dispose() }`);
    const inUse = { id: 'PortInUse,New-PortReservationSocket', category: 'ResourceBusy' };
    expect(seen).toMatchObject({
      offsets: [1, 0],
      type: protocol,
      isBound: true,
      address: '127.0.0.1',
      none: 0,
      full: [inUse],
      one: [inUse],
    });
  },
);

it('Test-PortReservation -Probe says whether a socket fits in, without an error where none does', async () => {
  const { answers, failed } = await session.run(`
    Start-PortReservationWorker -Provider Ledger
    $reservation = New-PortReservation -NumberOfPorts 2 -Persistent -Name full
    $one = New-PortReservation -Name fuller
    $plain = (New-Socket), (New-Socket)
    $empty = $reservation | Test-PortReservation -Probe
    $null = Get-Bind $plain[0] $reservation.StartPort
    $half = $reservation | Test-PortReservation -Probe -ErrorVariable failed
    $taken = Test-PortReservation -Port $reservation.StartPort -Probe -ErrorVariable +failed
    $null = Get-Bind $plain[1] $reservation.EndPort
    $full = $reservation | Test-PortReservation -Probe -ErrorVariable +failed
    $exists = $reservation | Test-PortReservation
    $either = Test-PortReservation ful* -Probe
    $plain | ForEach-Object { $_.Dispose() }
    $both = Test-PortReservation ful* -Probe
    $reservation, $one | Remove-PortReservation
    $gone = $reservation | Test-PortReservation -Probe -ErrorVariable +failed
    Report @{ failed = $failed.Count
      answers = @{ empty = $empty; half = $half; taken = $taken; full = $full; exists = $exists; either = $either
        both = $both; gone = $gone } }`);
  expect(failed).toBe(0);
  expect(answers).toEqual({
    empty: true,
    half: true,
    taken: false,
    full: false,
    exists: true,
    either: false,
    both: true,
    gone: false,
  });
});

it('what cannot be is one clear error each, and leaves the socket as it was', async () => {
  const { errors, untouched } = await session.run(`
    $tcp = New-PortReservation
    $udp = New-PortReservation -Protocol Udp
    $bound = New-Socket
    $null = Get-Bind $bound 0
    $closed = New-Socket
    $closed.Dispose()
    $stream = New-Socket
    $records = @(
      $tcp | Connect-PortReservation -Socket $bound 2>&1
      $tcp | Connect-PortReservation -Socket $closed 2>&1
      $udp | Connect-PortReservation -Socket $stream 2>&1
      Connect-PortReservation -Socket $stream -Token 5 2>&1
      Connect-PortReservation -Socket $stream -StartPort 23456 2>&1
      Connect-PortReservation -Socket $stream 2>&1
      $tcp | New-PortReservationSocket -Port 1 2>&1
      New-PortReservationSocket -StartPort 23456 -NumberOfPorts 2 2>&1
      $tcp | New-PortReservationSocket -Address 192.0.2.1 2>&1
    )
    Report @{ errors = Get-Facts $records; untouched = Get-Bind $stream $tcp.StartPort }`);
  const ids = errors.map(({ id }: { id: string }) => id.split(',')[0]);
  expect(ids).toEqual([
    'SocketIsBound',
    'SocketIsClosed',
    'ProtocolMismatch',
    'NotFound',
    'NotFound',
    'SelectorMissing',
    'PortNotInReservation',
    'NotFound',
    'OsError',
  ]);
  for (const { action, message } of errors) expect([action, message]).not.toContain('');
  expect(untouched).toBe('AddressAlreadyInUse');
});

it('-WhatIf binds nothing and puts no token on', async () => {
  const seen = await session.run(`
    $reservation = New-PortReservation
    $socket = New-Socket
    $made = @($reservation | New-PortReservationSocket -WhatIf)
    $reservation | Connect-PortReservation -Socket $socket -WhatIf
    Report @{ made = $made.Count; bind = Get-Bind $socket $reservation.StartPort }`);
  expect(seen).toEqual({ made: 0, bind: 'AddressAlreadyInUse' });
});
