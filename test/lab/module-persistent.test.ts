import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectFree, expectReserved } from '../windows/support/ports.ts';
import type { Caller } from './caller.ts';
import { describeInLab, windowsPath } from './lab.ts';
import { ModuleLab, type WindowsSession } from './module.ts';
import { freeBlock } from './ports.ts';
import type { Machine } from './run.ts';

// A row of a table that netsh prints, and the table around it.
const table = (start: number, end: number) =>
  `\r\nProtocol tcp Port Exclusion Ranges\r\n\r\nStart Port    End Port\r\n----------    --------\r\n${start}    ${end}\r\n\r\n* - Administered port exclusions.\r\n`;

describeInLab('persistent reservations through the module', () => {
  let lab: ModuleLab;
  let machine: Machine;
  let admin: WindowsSession;
  let user: WindowsSession;
  let program: Caller;
  beforeAll(async () => {
    lab = await ModuleLab.open();
    machine = lab.machine();
    const env = { LAB_NETSH: windowsPath(machine.folder) };
    admin = await lab.session(machine, { elevated: true, env });
    user = await lab.session(machine, { env });
    program = await machine.caller({ elevated: true });
  });
  afterAll(() => lab.close());

  test.each(['Tcp', 'Udp'])('%s: made, found by everyone with all it was given, and removed', async (protocol) => {
    const kind = protocol.toLowerCase() as 'tcp' | 'udp';
    const start = (await freeBlock(5)) + 1;
    const values = { start, protocol, name: `kept ${protocol}` };
    const made = await admin.run(
      `$kept = New-PortReservation -Protocol $protocol -StartPort $start -NumberOfPorts 3 -Persistent -Name $name -Reason why
      Report @{ token = "$($kept.Token)"; type = $kept.Token.GetType().Name; ports = "$($kept.StartPort)-$($kept.EndPort)"
        is = "$($kept.Lifetime) $($kept.Enforcement) $($kept.Provider)"; owner = $kept.Owner.User }`,
      values,
    );
    const { token } = await program.call('lookup', kind, start, 3);
    expect(BigInt(token!) >> 53n).not.toBe(0n);
    const ports = `${start}-${start + 2}`;
    expect(made).toMatchObject({ token, type: 'String', ports, is: 'Persistent Kernel Windows' });
    await expectReserved(program, kind, start, 3);

    const seen = `
      $one = Get-PortReservation -Protocol $protocol -StartPort $start -NumberOfPorts 3
      $named = Get-PortReservation $name
      Report @{ token = "$($one.Token)"; named = "$($named.Token)"; name = $one.Name; reason = $one.Reason
        owner = $one.Owner.User; byPort = Test-PortReservation -Protocol $protocol -Port ($start + 2)
        other = Test-PortReservation -Protocol $protocol -StartPort $start -NumberOfPorts 2 }`;
    const facts = {
      token,
      named: token,
      name: values.name,
      reason: 'why',
      owner: made.owner,
      byPort: true,
      other: false,
    };
    expect(await user.run(seen, values)).toEqual(facts);
    expect(await admin.run(seen, values)).toEqual(facts);

    const { same, removed, left } = await admin.run(
      `$again = New-PortReservation -Protocol $protocol -StartPort $start -NumberOfPorts 3 -Persistent -IfExists Return
      $removed = $kept | Remove-PortReservation -PassThru
      Report @{ same = "$($again.Token)"; removed = "$($removed.Token)"; left = Test-PortReservation $name }`,
      values,
    );
    expect([same, removed, left]).toEqual([token, token, false]);
    expect((await program.call('lookup', kind, start, 3)).code).toBe(1168);
    await expectFree(program, kind, start, 3);
  });

  test('without elevation: AccessDenied, with what to do about it, to make or to remove one', async () => {
    const start = await freeBlock(4);
    await admin.run('$null = New-PortReservation -StartPort $start -NumberOfPorts 2 -Persistent; Report @{}', {
      start,
    });
    const { errors } = await user.run(
      `$records = @(
        New-PortReservation -StartPort ($start + 2) -NumberOfPorts 2 -Persistent 2>&1
        Remove-PortReservation -StartPort $start -NumberOfPorts 2 2>&1
      )
      Report @{ errors = Get-Facts $records }`,
      { start },
    );
    expect(errors).toMatchObject([
      { id: 'AccessDenied,New-PortReservation', category: 'PermissionDenied', target: `tcp ${start + 2}-${start + 3}` },
      { id: 'AccessDenied,Remove-PortReservation', category: 'PermissionDenied' },
    ]);
    expect(errors[0].action).toContain('Run as administrator');
    expect(errors[1].action).toMatch(/administrator|elevated/);
    expect((await program.call('lookup', 'tcp', start, 2)).code).toBe(0);
  });

  test('RangeReserved and PortInUse say which it is, and why', async () => {
    const start = await freeBlock(6);
    const socket = await program.call('socket', 'tcp');
    await program.call('bind', socket, start + 4);
    await program.call('listen', socket);
    await program.call('create', 'tcp', start, 2);
    const { errors } = await admin.run(
      `$records = @(
        New-PortReservation -StartPort $start -NumberOfPorts 2 -Persistent 2>&1
        New-PortReservation -StartPort ($start + 1) -NumberOfPorts 2 -Persistent 2>&1
        New-PortReservation -StartPort ($start + 3) -NumberOfPorts 3 -Persistent 2>&1
        New-PortReservation -StartPort ($start + 1) 2>&1
        New-PortReservation -StartPort ($start + 4) 2>&1
      )
      Report @{ errors = Get-Facts $records }`,
      { start },
    );
    const ids = errors.map(({ id }: { id: string }) => id.split(',')[0]);
    expect(ids).toEqual(['RangeReserved', 'RangeReserved', 'PortInUse', 'RangeReserved', 'PortInUse']);
    for (const { message } of errors.slice(2, 3)) expect(message).toContain(`${start + 4}`);
    for (const { action, message } of errors) expect(`${action}${message}`).not.toMatch(/\bfile\b/);
    await program.call('close', socket);
  });

  test('one that another program made is listed, without an owner, and removed like any other', async () => {
    const start = await freeBlock(4);
    const { token } = await program.call('create', 'tcp', start, 4);
    for (const family of ['ipv4', 'ipv6'])
      for (const store of ['active', 'persistent']) {
        const name = `interface ${family} show excludedportrange protocol=tcp store=${store}`;
        writeFileSync(join(machine.folder, name), table(start, start + 3));
      }
    const { found, owner, warnings } = await user.run(
      `$found = Get-PortReservation -Port $start -WarningVariable warnings -WarningAction SilentlyContinue
      Report @{ found = "$($found.Token) $($found.Lifetime) $($found.NumberOfPorts)"; owner = $null -eq $found.Owner
        warnings = @($warnings) }`,
      { start },
    );
    expect({ found, owner }).toEqual({ found: `${token} Persistent 4`, owner: true });
    // No table is not "nothing excluded".
    expect(warnings).not.toEqual([]);
    for (const warning of warnings) expect(warning).toContain('udp');
    await admin.run('Remove-PortReservation -StartPort $start -NumberOfPorts 4; Report @{}', { start });
    expect((await program.call('lookup', 'tcp', start, 4)).code).toBe(1168);
  });
});

describeInLab('a restart of the system, through the module', () => {
  let lab: ModuleLab;
  beforeAll(async () => {
    lab = await ModuleLab.open();
  });
  afterAll(() => lab.close());

  test('the persistent reservation is there with another token, the runtime one is gone', async () => {
    const machine = lab.machine();
    const before = await lab.session(machine, { elevated: true });
    const old = await before.run(
      `$kept = New-PortReservation -NumberOfPorts 2 -Persistent -Name kept -Reason why
      $null = New-PortReservation -Name held
      Report @{ token = "$($kept.Token)"; start = $kept.StartPort }`,
    );
    await machine.reboot();
    const after = await lab.session(machine, { elevated: true });
    const now = await after.run(
      `$all = @(Get-PortReservation)
      $socket = $all | New-PortReservationSocket
      Report @{ names = $all.Name; token = "$($all[0].Token)"; start = $all[0].StartPort; reason = $all[0].Reason
        port = $socket.LocalEndPoint.Port; stale = Test-PortReservation -Token ${old.token} }`,
    );
    const { start } = old;
    expect(now).toMatchObject({ names: 'kept', start, reason: 'why', port: start, stale: false });
    expect(now.token).not.toBe(old.token);
  });
});
