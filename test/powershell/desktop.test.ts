import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ModuleSession, moduleFolder, quoted } from './module-session.ts';

/** A copy of the module that has the JSON of Windows PowerShell where PowerShell 7 looks for its own. */
let folder: string;
let copy: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'port-reservation-desktop-'));
  copy = join(folder, 'PortReservation');
  cpSync(moduleFolder, copy, { recursive: true });
  renameSync(join(copy, 'Private', 'Json.Desktop.ps1'), join(copy, 'Private', 'Json.Core.ps1'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Windows PowerShell leaves dates as the text they are.
const commandsOf51 = `
function global:ConvertFrom-Json ([string] $InputObject) {
  Microsoft.PowerShell.Utility\\ConvertFrom-Json -InputObject $InputObject -DateKind String
}
`;

it('the cmdlets work on the JSON of Windows PowerShell', async () => {
  await using session = await ModuleSession.start();
  const seen = await session.run(`${commandsOf51}
    Remove-Module PortReservation
    Import-Module ${quoted(copy)}
    $r = New-PortReservation -Name 'gr${'\u00fc'}n' -NumberOfPorts 2 -Reason 'a "quoted" reason'
    $second = New-PortReservation -Name zweite
    New-PortReservation -StartPort $r.StartPort -ErrorVariable failed -ErrorAction SilentlyContinue
    Report @{
      uses = (& (Get-Module PortReservation) { [WorkerJson].GetMethods().Name }) -contains 'Plain'
      name = $r.Name; reason = $r.Reason; owner = $r.Owner.ProcessId.GetType().Name; token = $r.Token.GetType().Name
      all = @(Get-PortReservation).Name; one = @(Get-PortReservation z*).Count; none = @(Get-PortReservation x*).Count
      removed = ($r, $second | Remove-PortReservation -PassThru).Name; created = $r.CreatedAt.GetType().Name; failed = Get-Facts $failed
    }`);
  expect(seen).toMatchObject({
    name: 'grün',
    reason: 'a "quoted" reason',
    owner: 'Int32',
    token: 'String',
    one: 1,
    none: 0,
    removed: ['grün', 'zweite'],
    created: 'DateTime',
    failed: [{ id: 'RangeReserved,New-PortReservation', action: expect.stringMatching(/./) }],
  });
  expect(seen.all.sort()).toEqual(['grün', 'zweite']);
});

it('arguments joined into one command line come out again as they went in', async () => {
  const words = [
    'plain',
    'two words',
    '',
    'a"b',
    'back\\slash',
    'end\\',
    'space end\\ \\',
    '\\"',
    'a\\\\"b',
    '\ttab',
    '-x=y z',
  ];
  await using session = await ModuleSession.start();
  const { line } = await session.run(`
    Report @{ line = & (Get-Module PortReservation) { [RedirectedProcess]::Join($args[0]) } (${words.map(quoted).join(', ')}) }`);
  // .NET takes such a line apart by the same rules on every system.
  const show = quoted('console.log(JSON.stringify(process.argv.slice(1)))');
  const { out } = await session.run(`
    $start = [System.Diagnostics.ProcessStartInfo]::new(${quoted(process.execPath)})
    $start.Arguments = (& (Get-Module PortReservation) { [RedirectedProcess]::Join($args[0]) } ('-e', ${show}, '--')) + ' ' + ${quoted(line)}
    $start.RedirectStandardOutput = $true
    $process = [System.Diagnostics.Process]::Start($start)
    Report @{ out = $process.StandardOutput.ReadToEnd() }`);
  expect(JSON.parse(out)).toEqual(words);
  expect(spawnSync(process.execPath, ['-e', 'console.log(process.argv.length)', ...words]).status).toBe(0);
});

it('a session without a console, as ISE and WinRM have, starts programs, without a preamble', async () => {
  await using session = await ModuleSession.start();
  const seen = await session.run(`
    Add-Type -TypeDefinition @'
      using System.IO; using System.Text;
      public static class NoConsole {
        private static Encoding _inputEncoding = new UTF8Encoding(true);
        public static Encoding InputEncoding { get { return _inputEncoding; } set { throw new IOException("The handle is invalid."); } }
      }
      public static class BareConsole {
        private static Encoding input = new UTF8Encoding(true);
        public static Encoding InputEncoding { get { return input; } set { throw new IOException("The handle is invalid."); } }
      }
      public class Started { public int Preamble = -1; public bool Start() { Preamble = NoConsole.InputEncoding.GetPreamble().Length; return true; } }
'@
    $started = [Started]::new()
    $bare = [Started]::new()
    & (Get-Module PortReservation) {
      [RedirectedProcess]::StartWithoutPreamble($args[0], [NoConsole])
      [RedirectedProcess]::StartWithoutPreamble($args[1], [BareConsole])
    } $started $bare
    Report @{ during = $started.Preamble; after = [NoConsole]::InputEncoding.GetPreamble().Length; bare = $bare.Preamble -ge 0 }`);
  expect(seen).toEqual({ during: 0, after: 3, bare: true });
});
