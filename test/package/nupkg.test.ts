import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { quoted } from '../powershell/module-session.ts';
import { emptyFolder, noPackages, packageFile, packagesTitle, run, runScript, version } from './installation.ts';

// NuGet's client reads the nuspec alone; a gallery also reads what the Open Packaging Conventions ask for.
const readPackage = (file: string) => `
$archive = [System.IO.Compression.ZipFile]::OpenRead(${quoted(file)})
function Read-Part ([string] $Path) {
  $reader = [System.IO.StreamReader]::new($archive.GetEntry($Path).Open())
  try { [xml] $reader.ReadToEnd() } finally { $reader.Dispose() }
}
$types = (Read-Part '[Content_Types].xml').Types
foreach ($part in $archive.Entries.FullName) {
  if ($part -eq '[Content_Types].xml') { continue }
  $extension = [System.IO.Path]::GetExtension($part).TrimStart('.')
  $type = @($types.Override | Where-Object PartName -EQ "/$part") + @($types.Default | Where-Object Extension -EQ $extension)
  if ($type.Count -ne 1 -or $part -match '[^A-Za-z0-9._/-]') { "$part is no part with one type" }
  if ($extension -in 'rels', 'psmdcp') { "$extension $($type.ContentType)" }
}
foreach ($relationship in (Read-Part '_rels/.rels').Relationships.Relationship) {
  $target = $relationship.Target.TrimStart('/')
  "$($relationship.Type) $([System.IO.Path]::GetExtension($target)) $((Read-Part $target).DocumentElement.LocalName)"
}
$archive.Dispose()`;

const openXml = 'application/vnd.openxmlformats-package';

describe.skipIf(noPackages)(packagesTitle('the .nupkg'), () => {
  test('keeps the Open Packaging Conventions', async () => {
    const output = await runScript(readPackage(packageFile('.nupkg')), { cwd: emptyFolder(onTestFinished) });
    expect(output.trimEnd().split(/\r?\n/)).toEqual([
      `rels ${openXml}.relationships+xml`,
      `psmdcp ${openXml}.core-properties+xml`,
      'http://schemas.microsoft.com/packaging/2010/07/manifest .nuspec package',
      'http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties .psmdcp coreProperties',
    ]);
  });

  test('is read by NuGet itself', async ({ skip }) => {
    if (spawnSync('dotnet', ['--version']).status !== 0) skip('needs the .NET SDK');
    const folder = emptyFolder(onTestFinished);
    cpSync(packageFile('.nupkg'), join(folder, 'feed', `PortReservation.${version}.nupkg`));
    const sources = '<clear /><add key="feed" value="feed" />';
    writeFileSync(
      join(folder, 'nuget.config'),
      `<configuration><packageSources>${sources}</packageSources></configuration>`,
    );
    const download = ['package', 'download', `PortReservation@${version}`, '--configfile', 'nuget.config', '-o', 'out'];
    await run('dotnet', download, { cwd: folder });
    const read = join(folder, 'out', 'portreservation', version);
    expect(existsSync(join(read, 'PortReservation.psd1'))).toBe(true);
    expect(readFileSync(join(read, 'portreservation.nuspec'), 'utf8')).toContain(' PSCommand_New-PortReservation ');
  });
});
