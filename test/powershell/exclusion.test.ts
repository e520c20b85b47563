import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openLab } from '../providers/linux/support/sysctl.ts';
import { namespaceTitle, noNamespaces } from '../support/namespace.ts';
import { ModuleSession, moduleFolder, quoted } from './module-session.ts';

let session: ModuleSession;
beforeAll(async () => {
  session = await ModuleSession.start({ env: { TZ: 'UTC', COLUMNS: '100', NO_COLOR: '1', LANG: 'C' } });
});
afterAll(() => session[Symbol.asyncDispose]());

/** A lab whose worker is the module's, as the user it is told. */
async function openWorker(userId = 0) {
  const lab = await openLab();
  await session.reset();
  const home = mkdtempSync(join(tmpdir(), 'port-reservation-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  chownSync(home, userId, userId);
  const user = userId ? ['setpriv', `--reuid=${userId}`, `--regid=${userId}`, '--clear-groups'] : [];
  const worker = [process.execPath, `${moduleFolder}/worker/worker.mjs`, '--stdio', '--provider', 'linux'];
  const command = [...lab.namespace.prefix, ...user, ...worker].map(quoted).join(', ');
  await session.run(
    `$env:PORT_RESERVATION_HOME = ${quoted(home)}; Start-PortReservationWorker -CommandLine ${command}; Report @{}`,
  );
  return lab;
}

const lines = (stdout: string) =>
  stdout
    .replaceAll('\r', '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => !line.startsWith('REPORT'))
    .join('\n')
    .trim();

function expectGolden(name: string, text: string): void {
  const golden = new URL(`golden/${name}.txt`, import.meta.url);
  if (process.env.UPDATE_GOLDEN) writeFileSync(golden, `${text}\n`);
  expect(`${text}\n`).toBe(readFileSync(golden, 'utf8'));
}

describe.skipIf(noNamespaces)(namespaceTitle('the cmdlets of exclusions'), () => {
  it('New-PortExclusion excludes ports in each protocol, and returns them with -PassThru', async () => {
    const { live } = await openWorker();
    const seen = await session.run(`
      $none = New-PortExclusion -StartPort 5173
      $tcp, $udp = New-PortExclusion -Protocol Tcp, Udp -StartPort 27015 -Count 10 -Store Active -Name game -Reason 'a test' -PassThru
      $again = New-PortExclusion -StartPort 27015 -NumberOfPorts 10 -Store Active -Name other -PassThru
      Report @{ none = $null -eq $none; type = $tcp.PSTypeNames[0]; protocols = $tcp.Protocol, $udp.Protocol
        range = $tcp.StartPort, $tcp.EndPort, $tcp.NumberOfPorts; store = $tcp.Store; own = $tcp.Own; administered = $tcp.Administered
        name = $tcp.Name; reason = $tcp.Reason; source = $tcp.Source; owner = "$($tcp.Owner)" -ne ''; time = $tcp.CreatedAt.GetType().Name
        again = $again.Name; text = "$tcp" }`);
    expect(seen).toEqual({
      none: true,
      type: 'PortReservation.Exclusion',
      protocols: ['Tcp', 'Udp'],
      range: [27_015, 27_024, 10],
      store: 'Active',
      own: true,
      administered: true,
      name: 'game',
      reason: 'a test',
      source: 'net.ipv4.ip_local_reserved_ports',
      owner: true,
      time: 'DateTime',
      again: 'game',
      text: '27015-27024 (net.ipv4.ip_local_reserved_ports)',
    });
    expect(live()).toBe('5173,27015-27024');
  });

  it('Remove-PortExclusion takes both protocols, each by itself', async () => {
    const { live } = await openWorker();
    const seen = await session.run(`
      New-PortExclusion -Protocol Tcp, Udp -StartPort 5173
      $removed = @(Remove-PortExclusion -Protocol Tcp, Udp -StartPort 5173 -PassThru)
      New-PortExclusion -Protocol Udp -StartPort 5173
      Remove-PortExclusion -Protocol Tcp, Udp -StartPort 5173 -ErrorVariable second -ErrorAction SilentlyContinue
      Report @{ removed = $removed.Protocol; failed = Get-Facts $second; left = @(Get-PortExclusion).Count }`);
    expect(seen).toMatchObject({ removed: ['Tcp', 'Udp'], left: 0 });
    expect(seen.failed).toMatchObject([{ id: 'NotFound,Remove-PortExclusion', target: 'tcp 5173' }]);
    expect(live()).toBe('');
  });

  it('go through the pipeline by property name, and Get-PortStatus names the exclusion', async () => {
    const { live } = await openWorker();
    const seen = await session.run(`
      [pscustomobject] @{ Protocol = 'Tcp'; StartPort = '5173'; Name = 'vite'; Reason = ''; Store = 'Active' } | New-PortExclusion
      $status = Get-PortStatus 5173
      $copy = Get-PortExclusion vite | New-PortExclusion -PassThru
      $removed = Get-PortExclusion -Name vite | Remove-PortExclusion -PassThru
      Report @{ verdict = $status.Verdict; name = $status.Exclusion.Name; own = $status.Exclusion.Own; explanation = $status.Explanation
        copy = $copy.Store; removed = $removed.Name; left = @(Get-PortExclusion).Count }`);
    expect(seen).toMatchObject({
      verdict: 'ExcludedByAdministrator',
      name: 'vite',
      own: true,
      copy: 'Active',
      removed: 'vite',
      left: 0,
    });
    expect(seen.explanation).toMatch(/^It is kept by the exclusion tcp 5173 "vite" of \w+: the system does not/);
    expect(live()).toBe('');
  });

  it('Get-PortExclusion finds by name, protocol and port, and knows who made it', async () => {
    const { setLive } = await openWorker();
    setLive('8080-8089');
    const seen = await session.run(`
      foreach ($port in 5000, 6000) { New-PortExclusion -StartPort $port -Name "web$port" }
      Report @{ all = @(Get-PortExclusion).ForEach({ "$($_.Protocol) $($_.StartPort) $($_.Own)" })
        pattern = @(Get-PortExclusion WEB*).StartPort; two = @(Get-PortExclusion web5000, web6000).Count
        port = @(Get-PortExclusion -Protocol Udp -Port 8085).StartPort; none = @(Get-PortExclusion x*).Count }`);
    expect(seen).toMatchObject({
      all: ['Tcp 5000 True', 'Tcp 6000 True', 'Tcp 8080 False', 'Udp 8080 False'],
      pattern: [5000, 6000],
      two: 2,
      port: 8080,
      none: 0,
    });
  });

  it('Get-PortExclusion takes an exclusion without a name for that one alone, and knows its document', async () => {
    const { setLive } = await openWorker();
    setLive('8080-8089');
    const seen = await session.run(`
      $of = @{ ErrorVariable = '+missing'; ErrorAction = 'SilentlyContinue' }
      $all = @(foreach ($start in 5000, 6000) { New-PortExclusion -StartPort $start -NumberOfPorts 5 -Document "d$start" -PassThru })
      $all += New-PortExclusion -StartPort 7000 -PassThru
      $nameless = $all[2] | Get-PortExclusion
      Report @{ nameless = "$nameless"; document = @(Get-PortExclusion -Document d6000).StartPort
        theirs = @(Get-PortExclusion -Protocol Udp -StartPort 8080 -Count 10).Own
        part = @(Get-PortExclusion -StartPort 8080 @of).Count; none = @([pscustomobject] @{ Document = '' } | Get-PortExclusion @of).Count
        removed = @($all | Get-PortExclusion | Remove-PortExclusion -PassThru).StartPort; missing = Get-Facts $missing }`);
    expect(seen).toMatchObject({
      nameless: '7000-7000 (net.ipv4.ip_local_reserved_ports)',
      document: 6000,
      theirs: false,
      part: 0,
      none: 0,
      removed: [5000, 6000, 7000],
      missing: [
        { id: 'NotFound,Get-PortExclusion', target: 'Tcp 8080', message: 'There is no such exclusion: Tcp 8080.' },
        { id: 'SelectorMissing,Get-PortExclusion' },
      ],
    });
  });

  it('Remove-PortExclusion takes names, as Remove-PortReservation does', async () => {
    const { live } = await openWorker();
    const { values, stdout } = await session.runWithErrors(`
      New-PortExclusion -StartPort 5000 -Name web1 -Protocol Tcp, Udp
      New-PortExclusion -StartPort 6000 -Name web2
      New-PortExclusion -StartPort 7000 -Name other
      Remove-PortExclusion w* -WhatIf
      $udp = @(Remove-PortExclusion WEB1 -Protocol Udp -PassThru)
      $rest = @([pscustomobject] @{ Name = 'web*' } | Remove-PortExclusion -PassThru)
      Remove-PortExclusion web1 -ErrorVariable second -ErrorAction SilentlyContinue
      Report @{ udp = $udp.ForEach({ "$($_.Protocol) $($_.StartPort)" }); rest = $rest.ForEach({ "$($_.Protocol) $($_.StartPort)" }); missing = Get-Facts $second }`);
    expect(stdout.match(/What if:.*"(.*?)"\./g)).toHaveLength(3);
    expect(stdout).toContain(`on target "Tcp 6000 'web2'"`);
    expect(values).toMatchObject({ udp: ['Udp 5000'], rest: ['Tcp 5000', 'Tcp 6000'] });
    expect(values.missing).toMatchObject([{ id: 'NotFound,Remove-PortExclusion', target: "'web1'" }]);
    expect(live()).toBe('7000');
  });

  it('-WhatIf changes nothing, and says each step of -RestartNat', async () => {
    const { live, setLive } = await openWorker();
    setLive('8080');
    const { stdout } = await session.runWithErrors(`
      New-PortExclusion -Protocol Tcp, Udp -StartPort 5173 -NumberOfPorts 2 -WhatIf
      New-PortExclusion -StartPort 5173 -RestartNat -WhatIf
      Remove-PortExclusion -StartPort 8080 -Force -WhatIf
      Report @{}`);
    expectGolden('exclusion-what-if', lines(stdout));
    expect(live()).toBe('8080');
  });

  it('the table reads as the golden text does', async () => {
    const { setLive, write } = await openWorker();
    write('/etc/sysctl.d/10-theirs.conf', 'net.ipv4.ip_local_reserved_ports = 9000-9099');
    setLive('8080');
    const { stdout } = await session.runWithErrors(`
      New-PortExclusion -StartPort 5173 -Name vite
      New-PortExclusion -Protocol Udp -StartPort 27015 -NumberOfPorts 10 -Store Active -Name game
      Get-PortExclusion
      Report @{}`);
    expectGolden('exclusion-table', lines(stdout));
  });

  it('each failure is one error that says what to do, and the next input is processed', async () => {
    const { setLive } = await openWorker();
    setLive('8080-8089');
    const seen = await session.run(`
      $range = @{ ErrorVariable = '+failed'; ErrorAction = 'SilentlyContinue' }
      New-PortReservation -StartPort 5000 -NumberOfPorts 10 -Name web > $null
      New-PortExclusion -StartPort 6000 -NumberOfPorts 10 -Name mine
      New-PortExclusion -StartPort 5005 @range
      New-PortExclusion -StartPort 6005 @range
      New-PortExclusion -StartPort 8085 -NumberOfPorts 10 @range
      New-PortExclusion -StartPort 8085 @range
      New-PortExclusion -StartPort 65535 -NumberOfPorts 2 @range
      New-PortExclusion -StartPort 5173 -RestartNat @range
      Remove-PortExclusion -StartPort 8080 -NumberOfPorts 10 @range
      7000, 7001 | ForEach-Object { [pscustomobject] @{ StartPort = $_ } } | Remove-PortExclusion @range
      Get-PortExclusion nothing @range
      Get-PortExclusion '' @range | Remove-PortExclusion @range
      Report @{ failed = Get-Facts $failed }`);
    const text = seen.failed.map(({ id, category, target, message, action }: Record<string, string>) =>
      [`${id} (${category}, ${target})`, message, action].join('\n  '),
    );
    expectGolden(
      'exclusion-errors',
      text
        .join('\n')
        .replace(/ of \w+ \(process \d+\)/g, ' of USER (process WORKER)')
        .replace(/("mine") of \w+/, '$1 of USER'),
    );
  });

  it('without root AccessDenied is written for each, with a hint', async () => {
    const { live } = await openWorker(65_534);
    const seen = await session.run(`
      New-PortExclusion -Protocol Tcp, Udp -StartPort 5173 -ErrorVariable failed -ErrorAction SilentlyContinue
      Report @{ failed = Get-Facts $failed }`);
    const message = 'Cannot change /proc/sys/net/ipv4/ip_local_reserved_ports: EACCES.';
    const failure = { id: 'AccessDenied,New-PortExclusion', category: 'PermissionDenied', message };
    expect(seen.failed).toMatchObject([failure, failure]);
    expect(seen.failed[0].action).toContain('sudo');
    expect(live()).toBe('');
  });

  it('names are completed', async () => {
    await openWorker();
    const { names, documents } = await session.run(`
      foreach ($name in 'vite', 'vi te') { New-PortExclusion -StartPort (5000 + $name.Length) -Name $name -Document "of $name" }
      New-PortReservation -Name video > $null
      $names, $documents = foreach ($line in 'Get-PortExclusion v', 'Export-PortReservation -Document of') {
        , @([System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches.CompletionText)
      }
      Report @{ names = $names; documents = $documents }`);
    expect(names).toEqual(["'vi te'", 'vite']);
    expect(documents).toEqual(["'of vi te'", "'of vite'"]);
  });
});
