import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { quoted } from '../powershell/module-session.ts';
import {
  emptyFolder,
  moduleInPackages,
  noPackages,
  packageFile,
  packagesTitle,
  runScript,
  version,
} from './installation.ts';

const newer = '98.0.0';

/** A user with an empty home, and a feed with what was packed, as a gallery has it. */
function openFeed() {
  const folder = emptyFolder(onTestFinished);
  const feed = join(folder, 'feed');
  const home = join(folder, 'home');
  for (const one of [feed, home]) mkdirSync(one);
  cpSync(packageFile('.nupkg'), join(feed, `PortReservation.${version}.nupkg`));
  const env = {
    HOME: home,
    USERPROFILE: home,
    XDG_DATA_HOME: undefined,
    XDG_CACHE_HOME: undefined,
    XDG_CONFIG_HOME: undefined,
    PORT_RESERVATION_HOME: join(folder, 'ledger'),
  };
  return { folder, feed, env };
}

/** The script that puts a later version into the feed, packed by the same program. */
function publishNewer(folder: string, feed: string): string {
  const module = join(folder, 'newer', 'PortReservation');
  cpSync(moduleInPackages, module, { recursive: true });
  const manifest = join(module, 'PortReservation.psd1');
  const text = readFileSync(manifest, 'utf8');
  writeFileSync(manifest, text.replace(/(ModuleVersion\s*=\s*)'[^']*'/, `$1'${newer}'`));
  const pack = quoted(join(import.meta.dirname, '../../tools/nupkg.ps1'));
  return `& ${pack} ${quoted(module)} ${quoted(feed)}`;
}

const lines = (text: string) => text.trimEnd().split(/\r?\n/);

describe.skipIf(noPackages)(packagesTitle('the module from a gallery'), () => {
  test('PSResourceGet installs it, updates it in an open shell, and uninstalls it', async () => {
    const { folder, feed, env } = openFeed();
    const output = await runScript(
      `Register-PSResourceRepository -Name Feed -Uri ${quoted(feed)} -Trusted
       $found = Find-PSResource PortReservation -Repository Feed
       "found $($found.Version) $($found.Tags -contains 'FreePort') $($found.ReleaseNotes.Length -gt 100)"
       Install-PSResource PortReservation -Repository Feed
       $old = New-PortReservation -Name old
       "runs $((Get-Command New-PortReservation).Module.Version)"
       ${publishNewer(folder, feed)}
       Update-PSResource PortReservation -Repository Feed
       "updated $((Get-InstalledPSResource PortReservation).Version -join ' ')"
       Import-Module PortReservation -RequiredVersion ${newer} -WarningAction Stop
       "runs $((Get-Command New-PortReservation).Module.Version)"
       "sees $((Get-PortReservation).Name), makes $((New-PortReservation -Name new).Name)"
       Remove-Module PortReservation
       "errors $($Error.Count)"
       Uninstall-PSResource PortReservation -Version '*'
       "left $(@(Get-InstalledPSResource PortReservation -ErrorAction Ignore).Count)"`,
      { cwd: folder, env },
    );
    expect(lines(output)).toEqual([
      `found ${version} True True`,
      `runs ${version}`,
      `updated ${newer} ${version}`,
      `runs ${newer}`,
      'sees old, makes new',
      'errors 0',
      'left 0',
    ]);
  });

  test('PowerShellGet 2 installs it by Install-Module, and uninstalls it', async ({ skip }) => {
    const { folder, feed, env } = openFeed();
    const [, available] = lines(
      await runScript(
        `''; [bool] (Get-Module PowerShellGet -ListAvailable | Where-Object { $_.Version.Major -eq 2 })`,
        {
          cwd: folder,
          env,
        },
      ),
    );
    if (available !== 'True') skip('this PowerShell comes without PowerShellGet 2');
    const output = await runScript(
      `Register-PSRepository -Name Feed -SourceLocation ${quoted(feed)} -InstallationPolicy Trusted
       Install-Module PortReservation -Repository Feed -Scope CurrentUser
       "installed $((Get-InstalledModule PortReservation).Version)"
       "reserves $((New-PortReservation -NumberOfPorts 2 -Name mine).NumberOfPorts)"
       ${publishNewer(folder, feed)}
       Update-Module PortReservation
       "updated $((Get-InstalledModule PortReservation).Version)"
       Remove-Module PortReservation
       Uninstall-Module PortReservation -AllVersions
       "left $(@(Get-InstalledModule PortReservation -ErrorAction Ignore).Count)"`,
      { cwd: folder, env },
    );
    expect(lines(output)).toEqual([`installed ${version}`, 'reserves 2', `updated ${newer}`, 'left 0']);
  });
});
