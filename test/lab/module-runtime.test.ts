import { afterAll, beforeAll, expect, test } from 'vitest';
import { bindAll, expectFree, expectReserved } from '../windows/support/ports.ts';
import type { Caller } from './caller.ts';
import { describeInLab } from './lab.ts';
import { ModuleLab, type WindowsSession } from './module.ts';
import { freeBlock } from './ports.ts';

describeInLab('runtime reservations through the module', () => {
  let lab: ModuleLab;
  let session: WindowsSession;
  let other: WindowsSession;
  let program: Caller;
  beforeAll(async () => {
    lab = await ModuleLab.open();
    const machine = lab.machine();
    session = await lab.session(machine);
    other = await lab.session(machine);
    program = await machine.caller();
  });
  afterAll(() => lab.close());

  test.each(['Tcp', 'Udp'])(
    '%s: acquired in PowerShell, closed to all others, free again when removed',
    async (protocol) => {
      const kind = protocol.toLowerCase() as 'tcp' | 'udp';
      const start = (await freeBlock(5)) + 1;
      const made = await session.run(
        `$held = New-PortReservation -Protocol $protocol -StartPort $start -NumberOfPorts 3 -Name held
      $socket = New-Socket $protocol
      $token = [BitConverter]::GetBytes([uint64] $held.Token)
      $null = $socket.IOControl(-1744830362, $token, $null)
      Report @{ token = "$($held.Token)"; start = $held.StartPort; end = $held.EndPort
        is = "$($held.Lifetime) $($held.Enforcement)"; bind = Get-Bind $socket $held.EndPort }
      $socket.Dispose()`,
        { start, protocol },
      );
      // The token is valid in this process: it acquired it.
      expect(made).toMatchObject({ start, end: start + 2, is: 'Runtime Kernel', bind: 0 });
      await expectReserved(program, kind, start, 3);
      const plain = await program.call('socket', kind);
      expect((await program.call('associate', plain, made.token)).code).toBe(10022);
      const { removed, left } = await session.run(
        `$removed = $held | Remove-PortReservation -PassThru
      Report @{ removed = "$($removed.Token)"; left = @(Get-PortReservation held* -Protocol $protocol).Count }`,
        { protocol },
      );
      expect({ removed, left }).toEqual({ removed: made.token, left: 0 });
      await expectFree(program, kind, start, 3);
    },
  );

  test('a free block is found between what is taken', async () => {
    const start = await freeBlock(12);
    const socket = await program.call('socket', 'tcp');
    await program.call('bind', socket, start + 4);
    await program.call('listen', socket);
    const { found } = await session.run(
      `$held = New-PortReservation -NumberOfPorts 6 -Within "$start-$($start + 11)"
      Report @{ found = $held.StartPort }`,
      { start },
    );
    expect([start + 5, start + 6]).toContain(found);
    expect(await bindAll(program, 'tcp', found, 6)).toEqual(Array(6).fill(10013));
    await session.run('$held | Remove-PortReservation; Report @{}');
    await program.call('close', socket);
  });

  test('what is taken: one clear error each', async () => {
    const start = await freeBlock(4);
    const socket = await program.call('socket', 'tcp');
    await program.call('bind', socket, start);
    await program.call('listen', socket);
    const acquiring = await program.call('socket', 'tcp');
    await program.call('acquire', acquiring, start + 2, 2);
    const { errors } = await session.run(
      `$records = @(New-PortReservation -StartPort $start 2>&1; New-PortReservation -StartPort ($start + 2) 2>&1)
      Report @{ errors = Get-Facts $records }`,
      { start },
    );
    const target = (port: number) => ({ target: `tcp ${port}`, message: expect.stringContaining(`${port}`) });
    expect(errors).toMatchObject([
      { id: 'PortInUse,New-PortReservation', category: 'ResourceBusy', ...target(start) },
      { id: 'RangeReserved,New-PortReservation', ...target(start + 2) },
    ]);
    for (const one of [socket, acquiring]) await program.call('close', one);
  });

  test("another session's: listed without its token, and neither used nor removed from here", async () => {
    const start = await freeBlock(2);
    await session.run('$theirs = New-PortReservation -StartPort $start -NumberOfPorts 2 -Name theirs; Report @{}', {
      start,
    });
    const seen = await other.run(
      `$theirs = Get-PortReservation theirs
      $records = @(
        $theirs | Remove-PortReservation 2>&1
        $theirs | Connect-PortReservation -Socket (New-Socket) 2>&1
        $theirs | New-PortReservationSocket 2>&1
        $theirs | Test-PortReservation -Probe 2>&1
      )
      Report @{ token = $theirs.Token; owner = "$($theirs.Owner)"; errors = Get-Facts $records }`,
    );
    expect(seen.token).toBeNull();
    const cmdlets = [
      'Remove-PortReservation',
      'Connect-PortReservation',
      'New-PortReservationSocket',
      'Test-PortReservation',
    ];
    expect(seen.errors.map(({ id }: { id: string }) => id)).toEqual(cmdlets.map((name) => `NotOwner,${name}`));
    for (const { action } of seen.errors) expect(action).not.toBe('');
    for (const { message } of seen.errors.slice(1)) expect(message).toContain("is valid in its owner's process alone");
    await expectReserved(program, 'tcp', start, 2);
    await session.run('$theirs | Remove-PortReservation; Report @{}');
  });

  test('two runspaces of one process have one each, and both are used', async () => {
    const { ports } = await session.run(
      `$second = [powershell]::Create([initialsessionstate]::CreateDefault2())
      $null = $second.AddScript("Import-Module '$ModulePath'; New-PortReservation -NumberOfPorts 2 -Name second")
      $there = $second.Invoke()[0]
      $here = New-PortReservation -Name first
      $sockets = @($here | New-PortReservationSocket)
      Report @{ ports = @($sockets[0].LocalEndPoint.Port - $here.StartPort; $there.NumberOfPorts) }
      $second.Runspace.Dispose()
      $sockets[0].Dispose()
      $here | Remove-PortReservation`,
    );
    expect(ports).toEqual([0, 2]);
  });
});
