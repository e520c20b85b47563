import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ModuleSession } from './module-session.ts';

let session: ModuleSession;
beforeAll(async () => {
  session = await ModuleSession.start();
});
beforeEach(() => session.reset());
afterAll(() => session[Symbol.asyncDispose]());

it('-WhatIf changes nothing and says what it would do', async () => {
  const { values, stdout } = await session.runWithErrors(`
    Start-PortReservationWorker -WhatIf
    $started = $null -ne (& (Get-Module PortReservation) { $script:Session.Worker })
    New-PortReservation -NumberOfPorts 3 -WhatIf
    New-PortReservation -StartPort 24000 -Count 2 -WhatIf
    $r = New-PortReservation -Name keep -StartPort 24010
    New-PortReservation -StartPort 24009 -Count 2 -WhatIf
    $r | Remove-PortReservation -WhatIf
    Remove-PortReservation k* -WhatIf
    Start-PortReservationWorker -Provider Ledger -WhatIf
    Stop-PortReservationWorker -WhatIf
    Report @{ started = $started; left = @(Get-PortReservation).Count }`);
  expect(values).toEqual({ started: false, left: 1 });
  expect(stdout.match(/What if:.*on target "([^"]*)"/g)).toHaveLength(8);
  expect(stdout.match(/WARNING: It would fail: .*/g)).toEqual([
    expect.stringMatching(/^WARNING: It would fail: tcp 24009-24010 overlaps the runtime reservation tcp 24010 "keep"/),
  ]);
  expect(stdout.match(/"Start port reservation worker" on target "provider (Auto|Ledger)"/g)).toHaveLength(2);
  expect(stdout).toContain('"3 free Tcp ports"');
  expect(stdout).toContain('"Tcp 24000-24001"');
  expect(stdout).toContain(`"Tcp 24010 'keep'"`);
});
