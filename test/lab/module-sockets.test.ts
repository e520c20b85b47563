import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectReserved } from '../windows/support/ports.ts';
import type { Caller } from './caller.ts';
import { describeInLab } from './lab.ts';
import { ModuleLab, type WindowsSession } from './module.ts';
import { freeBlock } from './ports.ts';

describeInLab('sockets in a reservation, through the module', () => {
  let lab: ModuleLab;
  let admin: WindowsSession;
  let user: WindowsSession;
  let program: Caller;
  beforeAll(async () => {
    lab = await ModuleLab.open();
    const machine = lab.machine();
    admin = await lab.session(machine, { elevated: true });
    user = await lab.session(machine);
    program = await machine.caller({ elevated: true });
  });
  afterAll(() => lab.close());

  test.each([true, false])(
    "a caller's own socket: Connect, Bind, Listen, Accept (persistent: %s)",
    async (persistent) => {
      const start = (await freeBlock(5)) + 1;
      const seen = await (persistent ? admin : user).run(
        `$reservation = New-PortReservation -StartPort $start -NumberOfPorts 3 -Persistent:${persistent ? '$true' : '$false'}
      $plain = New-Socket
      $socket = New-Socket
      $refused = Get-Bind $plain ($start + 1)
      $same = $reservation | Connect-PortReservation -Socket $socket -PassThru
      $bound = Get-Bind $same ($start + 1)
      $socket.Listen(5)
      $client = [System.Net.Sockets.TcpClient]::new('127.0.0.1', $start + 1)
      $server = $socket.Accept()
      $null = $server.Send([byte[]] (80, 82))
      $read = $client.GetStream().ReadByte()
      $byToken = New-Socket
      Connect-PortReservation -Socket $byToken -Token $reservation.Token
      $any = Get-Bind $byToken 0
      $offset = $byToken.LocalEndPoint.Port - $start
      Report @{ refused = $refused; bound = $bound; read = $read; any = $any; offset = $offset }
      $client, $server, $socket, $byToken, $plain | ForEach-Object { $_.Dispose() }`,
        { start },
      );
      expect(seen).toMatchObject({ refused: 10013, bound: 0, read: 80, any: 0 });
      expect([0, 1, 2]).toContain(seen.offset);
      await expectReserved(program, 'tcp', start, 3);
    },
  );

  test('what cannot be is one clear error each', async () => {
    const start = await freeBlock(3);
    await program.call('create', 'tcp', start, 3);
    const { errors, bind } = await user.run(
      `$tcp = New-PortReservation
      $udp = New-PortReservation -Protocol Udp
      $bound = New-Socket
      $null = Get-Bind $bound 0
      $twice = New-Socket
      $tcp | Connect-PortReservation -Socket $twice
      $stream = New-Socket
      $records = @(
        $tcp | Connect-PortReservation -Socket $bound 2>&1
        $udp | Connect-PortReservation -Socket $stream 2>&1
        $tcp | Connect-PortReservation -Socket $twice 2>&1
        Connect-PortReservation -Socket $stream -StartPort $start -NumberOfPorts 3 2>&1
        New-PortReservationSocket -StartPort $start -NumberOfPorts 3 2>&1
        Test-PortReservation -Probe -StartPort $start -NumberOfPorts 3 2>&1
      )
      Report @{ errors = Get-Facts $records; bind = Get-Bind $stream $tcp.StartPort }
      $tcp, $udp | Remove-PortReservation`,
      { start },
    );
    const names = ['SocketIsBound', 'ProtocolMismatch', 'NotOwner', 'AccessDenied', 'AccessDenied', 'AccessDenied'];
    expect(errors.map(({ id }: { id: string }) => id.split(',')[0])).toEqual(names);
    for (const { action } of errors.slice(3)) expect(action).toContain('Run as administrator');
    expect(bind).toBe(10013);
  });

  test.each(['Tcp', 'Udp'])(
    '%s: New-PortReservationSocket gives each port once, until none is left',
    async (protocol) => {
      const start = await freeBlock(2);
      const seen = await user.run(
        `$reservation = New-PortReservation -Protocol $protocol -StartPort $start -NumberOfPorts 2
      $first = $reservation | New-PortReservationSocket
      $second = New-PortReservationSocket -Token $reservation.Token -Address 127.0.0.1
      $left = $reservation | Test-PortReservation -Probe
      $records = @($reservation | New-PortReservationSocket 2>&1)
      $first.Dispose()
      $again = $reservation | New-PortReservationSocket -Port $start
      Report @{ ports = @($second, $again | ForEach-Object { $_.LocalEndPoint.Port }); errors = Get-Facts $records }
      $second, $again | ForEach-Object { $_.Dispose() }
      $reservation | Remove-PortReservation`,
        { start, protocol },
      );
      expect(seen.ports).toEqual([start + 1, start]);
      expect(seen.errors).toMatchObject([{ id: 'PortInUse,New-PortReservationSocket', category: 'ResourceBusy' }]);
    },
  );

  test.each([true, false])(
    'Test-PortReservation -Probe says whether a socket fits in (persistent: %s)',
    async (persistent) => {
      const start = await freeBlock(2);
      const seen = await (persistent ? admin : user).run(
        `$reservation = New-PortReservation -StartPort $start -NumberOfPorts 2 -Persistent:${persistent ? '$true' : '$false'}
      $empty = $reservation | Test-PortReservation -Probe
      $sockets = @($reservation | New-PortReservationSocket)
      $sockets[0].Listen(5)
      $half = $reservation | Test-PortReservation -Probe
      $taken = Test-PortReservation -StartPort $start -NumberOfPorts 2 -Port $start -Probe
      $free = Test-PortReservation -Port ($start + 1) -Probe
      $sockets += $reservation | New-PortReservationSocket
      $sockets[1].Listen(5)
      $full = $reservation | Test-PortReservation -Probe -ErrorVariable failed
      $exists = $reservation | Test-PortReservation
      $sockets | ForEach-Object { $_.Dispose() }
      $reservation | Remove-PortReservation
      $gone = $reservation | Test-PortReservation -Probe -ErrorVariable +failed
      Report @{ answers = @($empty, $half, $taken, $free, $full, $exists, $gone); failed = $failed.Count }`,
        { start },
      );
      expect(seen).toEqual({ answers: [true, true, false, true, false, true, false], failed: 0 });
    },
  );

  test('a reservation is removed while a socket inside it is open; the socket goes on', async () => {
    const start = await freeBlock(2);
    const seen = await user.run(
      `$reservation = New-PortReservation -StartPort $start -NumberOfPorts 2
      $socket = $reservation | New-PortReservationSocket
      $socket.Listen(5)
      $records = @($reservation | Remove-PortReservation 2>&1)
      $client = [System.Net.Sockets.TcpClient]::new('127.0.0.1', $start)
      Report @{ errors = Get-Facts $records; connected = $client.Connected; other = Get-Bind (New-Socket) ($start + 1) }
      $client.Dispose()
      $socket.Dispose()`,
      { start },
    );
    expect(seen).toEqual({ errors: [], connected: true, other: 0 });
  });
});
