import { afterAll, beforeAll, expect, test } from 'vitest';
import { bindAll } from '../windows/support/ports.ts';
import type { Caller } from './caller.ts';
import { describeInLab } from './lab.ts';
import { ModuleLab, type WindowsSession } from './module.ts';
import { freeBlock } from './ports.ts';
import type { Machine } from './run.ts';

describeInLab('exclusions through the module', () => {
  let lab: ModuleLab;
  let machine: Machine;
  let admin: WindowsSession;
  let program: Caller;
  beforeAll(async () => {
    lab = await ModuleLab.open();
    machine = lab.machine();
    admin = await lab.session(machine, { elevated: true });
    program = await machine.caller({ elevated: true });
  });
  afterAll(() => lab.close());

  test('a port of WinNAT: why, what would be done, done, seen and undone', async () => {
    const start = await freeBlock(4);
    await program.call('winnatTakes', 'tcp', start, 4);
    const before = await admin.run(
      `$status = Get-PortStatus ($start + 1)
      $records = @(New-PortExclusion -StartPort ($start + 1) 2>&1)
      New-PortExclusion -StartPort ($start + 1) -RestartNat -WhatIf
      Report @{ verdict = $status.Verdict; remedy = $status.Remedy; errors = Get-Facts $records
        own = @(Get-PortExclusion | Where-Object Own).Count }`,
      { start },
    );
    expect(before).toMatchObject({
      verdict: 'ExcludedBySystem',
      remedy: `New-PortExclusion -Protocol Tcp -StartPort ${start + 1} -RestartNat`,
      errors: [{ id: 'RangeReserved,New-PortExclusion', action: expect.stringContaining('-RestartNat') }],
      own: 0,
    });
    expect(await program.call('winnat')).toEqual({ state: 'running', stops: 0 });
    expect(await bindAll(program, 'tcp', start, 4)).toEqual(Array(4).fill(10013));

    const made = await admin.run(
      `. ([scriptblock]::Create($status.Remedy))
      $seen = Get-PortExclusion -Port ($start + 1)
      $after = Get-PortStatus ($start + 1)
      Report @{ ports = "$($seen.Protocol) $($seen.StartPort)-$($seen.EndPort) $($seen.Store)"; own = $seen.Own
        verdict = $after.Verdict; canBind = $after.CanBind }`,
      { start },
    );
    const ports = `Tcp ${start + 1}-${start + 1} Persistent`;
    expect(made).toMatchObject({ ports, own: true, verdict: 'ExcludedByAdministrator', canBind: true });
    expect(await program.call('winnat')).toEqual({ state: 'running', stops: 1 });
    expect(await bindAll(program, 'tcp', start + 1, 1)).toEqual([0]);

    const { left } = await admin.run(
      '$seen | Remove-PortExclusion; Report @{ left = @(Get-PortExclusion | Where-Object Own).Count }',
    );
    expect(left).toBe(0);
  });

  test('without elevation they are seen, and nothing is changed', async () => {
    const start = await freeBlock(1);
    await program.call('netsh', 'int', 'ipv4', 'add', 'excludedportrange', 'udp', `${start}`, '1');
    const user = await lab.session(machine);
    const { errors, own } = await user.run(
      `$theirs = Get-PortExclusion -Protocol Udp -Port $start
      $records = @(
        New-PortExclusion -Protocol Udp -StartPort ($start + 1) 2>&1
        $theirs | Remove-PortExclusion 2>&1
        $theirs | Remove-PortExclusion -Force 2>&1
      )
      Report @{ own = $theirs.Own; errors = Get-Facts $records }`,
      { start },
    );
    expect(own).toBe(false);
    expect(errors.map(({ id }: { id: string }) => id.split(',')[0])).toEqual([
      'AccessDenied',
      'NotOwner',
      'AccessDenied',
    ]);
    expect(errors[2].action).toContain('Run as administrator');
  });

  test.each([10_048, 10_013])(
    'a range that Windows hides (%i): why, the way out, and a search behind it',
    async (code) => {
      const start = code === 10_013 ? 30_801 : 31_601;
      await program.call('hides', 'tcp', start, 512, code);
      const seen = await admin.run(
        `$status = Get-PortStatus ($start + 1)
      $records = @(New-PortReservation -StartPort ($start + 1) 2>&1; New-PortExclusion -StartPort ($start + 1) 2>&1)
      $found = New-PortReservation -Within "$start-$($start + 520)"
      Report @{ verdict = $status.Verdict; remedy = $status.Remedy; errors = Get-Facts $records; found = $found.StartPort
        source = (Get-PortExclusion -Port ($start + 1)).Source }
      $found | Remove-PortReservation`,
        { start },
      );
      expect(seen).toMatchObject({ verdict: 'ExcludedBySystem', remedy: 'wsl --shutdown', source: 'guests' });
      expect(seen.errors).toMatchObject([
        { id: 'RangeReserved,New-PortReservation', action: expect.stringContaining('wsl --shutdown') },
        { id: 'RangeReserved,New-PortExclusion', action: expect.stringContaining('networkingMode=nat') },
      ]);
      expect(seen.found).toBeGreaterThanOrEqual(start + 512);
    },
  );
});
