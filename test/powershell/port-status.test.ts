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
    explanation: expect.stringMatching(
      new RegExp(
        `^python3 \\(process ${processId}, user root\\) listens on ::1, while 0\\.0\\.0\\.0 alone can be bound, and its other addresses are free; it was started as ".*`,
      ),
    ),
    remedy: `Stop-Process -Id ${processId}`,
    rest: true,
  });
});

it.skipIf(lacking.root)(`the table reads as the golden text does${lacking.root}`, async () => {
  const listener = await startSituation('tcp', '0.0.0.0', 21_080);
  const bound = await startSituation('tcp', '::', 21_081, { manner: 'bind' });
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
  // How a process was started is of this machine.
  const named = (text: string) =>
    text
      .replace(/;\s*it\s*was\s*started\s*as[\s\S]*?(?=\n?Tcp|$)/g, '.')
      .replaceAll(String(listener.processId), 'PID')
      .replaceAll(String(bound.processId), 'BOUND')
      .replaceAll(String(values.worker), 'WORKER')
      .replace(/(?<="web"\s*of\s*)\w+(?=\s*\(process\s*WORKER)/, 'USER');
  const golden = new URL('golden/port-status.txt', import.meta.url);
  if (process.env.UPDATE_GOLDEN) writeFileSync(golden, `${named(shown)}\n`);
  const cells = shown.split('\n').map((line) => line.slice(47).trim());
  // Where lines break depends on the length of the ids.
  const letters = (text: string) => text.replace(/\s+/g, '');
  expect(letters(cells.slice(2).join(' '))).toBe(letters(values.explanations.join(' ')));
  expect(letters(named(shown))).toBe(letters(readFileSync(golden, 'utf8')));
});
