import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { lacking } from '../kernel/held/support/python.ts';
import { startSituation } from '../kernel/inspect/support/situation.ts';
import { ModuleSession } from './module-session.ts';

useOwnNetwork();
let session: ModuleSession;
beforeAll(async () => {
  session = await ModuleSession.start({ env: { TZ: 'UTC', COLUMNS: '110', NO_COLOR: '1', LANG: 'C' } });
});
beforeEach(() => session.reset());
afterAll(() => session[Symbol.asyncDispose]());

it.skipIf(lacking.root)(`Get-PortStatus says who has a port, typed${lacking.root}`, async () => {
  const { processId } = await startSituation('tcp', '::1', 21_173);
  const seen = await session.run(`
    $status = Get-PortStatus 21173
    $holder = $status.Holder[0]
    Report @{ type = $status.PSTypeNames[0]; holderType = $holder.PSTypeNames[0]; protocol = $status.Protocol; port = $status.Port
      can = $status.CanBind, $status.CanBindIPv4, $status.CanBindIPv6; verdict = $status.Verdict; holder = "$holder"
      id = $holder.ProcessId; user = $holder.User; address = $holder.Address; state = $holder.State; command = $holder.CommandLine
      explanation = $status.Explanation; remedy = $status.Remedy; rest = $null -eq $status.Reservation -and $null -eq $status.Exclusion }`);
  expect(seen).toEqual({
    type: 'PortReservation.PortStatus',
    holderType: 'PortReservation.PortHolder',
    protocol: 'Tcp',
    port: 21_173,
    can: [false, true, false],
    verdict: 'Listening',
    holder: `python3 (${processId})`,
    id: processId,
    user: 'root',
    address: ['::1'],
    state: 'Listening',
    command: expect.stringMatching(/situation\.py 0 listen tcp ::1 21173$/),
    explanation: `python3 (process ${processId}, user root) listens on ::1, while 0.0.0.0 alone can be bound.`,
    remedy: `kill ${processId}`,
    rest: true,
  });
});

it('Get-PortStatus takes ports and ranges, from the pipeline too, and goes on after a bad one', async () => {
  const seen = await session.run(`
    $all = @(Get-PortStatus -Port 21173, 21000-21002 -Protocol Tcp, Udp)
    $piped = @('21001', 21000 | Get-PortStatus)
    $named = [pscustomobject] @{ Port = '21005-21006'; Protocol = 'Udp' } | Get-PortStatus
    $some = @(Get-PortStatus 21000, 70000, 5-4, x -ErrorVariable failed -ErrorAction SilentlyContinue)
    Report @{ all = $all.ForEach({ "$($_.Protocol) $($_.Port)" }); piped = $piped.Port; named = $named.Port
      some = $some.Port; failed = Get-Facts $failed }`);
  expect(seen.all).toEqual([21_000, 21_001, 21_002, 21_173].flatMap((one) => [`Tcp ${one}`, `Udp ${one}`]));
  expect(seen).toMatchObject({ piped: [21_001, 21_000], named: [21_005, 21_006], some: 21_000 });
  expect(seen.failed.map(({ id, target }: { id: string; target: string }) => `${id} ${target}`)).toEqual(
    ['70000', '5-4', 'x'].map((text) => `InvalidRange,Get-PortStatus ${text}`),
  );
});

it('Get-PortStatus takes whatever has ports from the pipeline: reservations, free blocks, its own output, rows, connections', async () => {
  const seen = await session.run(`
    $held = New-PortReservation -Protocol Udp -StartPort 21010 -NumberOfPorts 2
    $rows = [pscustomobject] @{ StartPort = '21020'; Count = '2'; Protocol = 'udp' }, [pscustomobject] @{ StartPort = 21030 },
      [pscustomobject] @{ LocalPort = [uint16] 21040; LocalAddress = '::' }, [pscustomobject] @{ StartPort = 'x'; NumberOfPorts = 2 }
    $objects = @($held; Find-FreePortRange -Within 21050-21051 -NumberOfPorts 2; Get-PortStatus 21060 -Protocol Udp; $rows)
    $looked = @($objects | Get-PortStatus -ErrorVariable failed -ErrorAction SilentlyContinue)
    Report @{ looked = $looked.ForEach({ "$($_.Protocol) $($_.Port) $($_.Verdict)" }); failed = Get-Facts $failed }`);
  expect(seen.looked).toEqual([
    'Udp 21010 Reserved',
    'Udp 21011 Reserved',
    'Tcp 21050 Free',
    'Tcp 21051 Free',
    'Udp 21060 Free',
    'Udp 21020 Free',
    'Udp 21021 Free',
    'Tcp 21030 Free',
    'Tcp 21040 Free',
  ]);
  expect(seen.failed).toMatchObject([{ id: 'InvalidRange,Get-PortStatus', target: 'x' }]);
});

it('New-PortReservation reserves the very ports that Get-PortStatus says can be bound', async () => {
  const { ports } = await session.run(`
    $null = New-PortReservation -StartPort 21011
    Report @{ ports = @(Get-PortStatus 21010-21012 | Where-Object CanBind | New-PortReservation).StartPort }`);
  expect(ports).toEqual([21_010, 21_012]);
});

it.skipIf(lacking.root)(`the table reads as the golden text does${lacking.root}`, async () => {
  const listener = await startSituation('tcp', '0.0.0.0', 21_080);
  await startSituation('tcp', '::', 21_081, { manner: 'bind' });
  const { stdout, values } = await session.runWithErrors(`
    $worker = Start-PortReservationWorker -PassThru
    $held = New-PortReservation -StartPort 21082 -Name web -Reason 'the front end'
    $status = Get-PortStatus 21080-21083, 40000
    $status
    Report @{ explanations = $status.Explanation; worker = $worker.ProcessId; user = $held.Owner.User }`);
  const shown = stdout
    .replace(/^REPORT .*$/m, '')
    .replaceAll('\r', '')
    .trim();
  const named = (text: string) =>
    text
      .replaceAll(String(listener.processId), 'PID')
      .replaceAll(String(values.worker), 'WORKER')
      .replace(/(?<="web"\s*of\s*)\w+(?=\s*\(process\s*WORKER)/, 'USER');
  const golden = new URL('golden/port-status.txt', import.meta.url);
  if (process.env.UPDATE_GOLDEN) writeFileSync(golden, `${named(shown)}\n`);
  const cells = shown.split('\n').map((line) => line.slice(47).trim());
  expect(cells.slice(2).join(' ')).toBe(values.explanations.join(' '));
  // Where lines break depends on the length of the ids.
  const letters = (text: string) => text.replace(/\s+/g, '');
  expect(named(letters(shown))).toBe(letters(readFileSync(golden, 'utf8')));
});

it('the list shows every property', async () => {
  const { shown, properties } = await session.run(`
    $xml = [xml] [System.IO.File]::ReadAllText((Get-Module PortReservation).ModuleBase + '/PortReservation.Format.ps1xml')
    $list = $xml.Configuration.ViewDefinitions.View | Where-Object { $_.ListControl -and $_.Name -eq 'PortReservation.PortStatus' }
    Report @{ shown = $list.ListControl.ListEntries.ListEntry.ListItems.ListItem.PropertyName
      properties = (Get-PortStatus 21000).PSObject.Properties.Name }`);
  expect([...shown].sort()).toEqual([...properties].sort());
});
