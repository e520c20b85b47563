import { expect, it } from 'vitest';
import { runPowerShell } from '../support/powershell.ts';
import { moduleFolder, quoted } from './module-session.ts';

const wire = [
  {
    protocol: 'tcp',
    range: { startPort: 21040, numberOfPorts: 10 },
    token: '18446744073709551615',
    lifetime: 'runtime',
    enforcement: 'socket',
    provider: 'linux',
    name: 'web',
    reason: 'the front end',
    document: 'shop',
    owner: { user: 'ada', processId: 4711, processStartTime: '1@2' },
    createdAt: '2026-01-02T03:04:05.678Z',
  },
  {
    protocol: 'udp',
    range: { startPort: 27015, numberOfPorts: 1 },
    token: '1',
    lifetime: 'persistent',
    enforcement: 'ephemeralOnly',
    provider: 'linux',
    owner: { user: 'grace' },
    createdAt: '2026-01-02T03:04:05Z',
  },
];

const script = `
Import-Module ${quoted(moduleFolder)}
$reservations = & (Get-Module PortReservation) { foreach ($wire in [WorkerJson]::Read($args[0])) { [FromWire]::Reservation($wire) } } ${quoted(JSON.stringify(wire))}
`;
const run = async (text: string) => {
  const { stdout, stderr } = await runPowerShell(script + text, {
    env: { TZ: 'UTC', COLUMNS: '100', NO_COLOR: '1', LANG: 'C' },
  });
  expect(stderr).toBe('');
  return stdout
    .replaceAll('\r', '')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();
};

it('reservations show as a table', async () => {
  expect(await run('$reservations')).toBe(
    `
Protocol StartPort EndPort Lifetime   Enforcement                  Token Name
-------- --------- ------- --------   -----------                  ----- ----
Tcp          21040   21049 Runtime    Socket        18446744073709551615 web
Udp          27015   27015 Persistent EphemeralOnly                    1
`.trim(),
  );
});

it('a list shows all of a reservation, with the owner in short and the local time', async () => {
  const text = await run(`
    $reservations[0] | Format-List
    $text = $reservations[0] | Format-List | Out-String
    "not shown: $($reservations[0].PSObject.Properties.Name | Where-Object { $text -notmatch $_ })"`);
  expect(text).toBe(
    `
Name          : web
Protocol      : Tcp
StartPort     : 21040
EndPort       : 21049
NumberOfPorts : 10
Token         : 18446744073709551615
Lifetime      : Runtime
Enforcement   : Socket
Provider      : Linux
Reason        : the front end
Document      : shop
Owner         : ada (4711)
CreatedAt     : 01/02/2026 03:04:05

not shown:
`.trim(),
  );
});

it('as a text, as the list of a port shows it, a reservation is its range and name', async () => {
  expect(await run(`"$($reservations[0]); $($reservations[1])"`)).toBe("21040-21049 'web'; 27015-27015");
});

it('what is not there is null, and an owner without a process is a name', async () => {
  const text = await run(`
    $r = $reservations[1]
    "$($null -eq $r.Name) $($null -eq $r.Reason) $($null -eq $r.Owner.ProcessId) $($r.Owner) $($r.Token.GetType().Name) $($r.CreatedAt.Kind)"`);
  expect(text).toBe('True True True grace UInt64 Local');
});
