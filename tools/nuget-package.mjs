// Finds NuGet packages by version and integrity in the folder that NuGet keeps for all projects, and fetches what is missing.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NotPossible } from './not-possible.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const build = join(root, 'build');
const pins = JSON.parse(readFileSync(new URL('nuget-packages.json', import.meta.url), 'utf8'));

/** Runs the .NET SDK; what it cannot do is told with what it printed. */
export function dotnet(args, cwd = root) {
  try {
    return execFileSync('dotnet', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const printed = `${error.stdout ?? ''}${error.stderr ?? ''}` || error.message;
    throw new NotPossible(`dotnet ${args.join(' ')} failed:\n${printed}`, { cause: error });
  }
}

/** Fetches a package that no project refers to; NuGet's own way is a project that only downloads it. */
function download(name, version) {
  mkdirSync(build, { recursive: true });
  const folder = mkdtempSync(join(build, 'download-'));
  try {
    const project = `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageDownload Include="${name}" Version="[${version}]" /></ItemGroup>
</Project>
`;
    writeFileSync(join(folder, 'download.csproj'), project);
    dotnet(['restore', '--nologo'], folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The folder of a package that nuget-packages.json pins.
 *
 * @param {string} name
 * @param {(name: string, version: string) => void} fetch - called where it is not there yet
 * @returns {string}
 */
export function nugetPackage(name, fetch = download) {
  const { version, integrity } = pins[name];
  // Asking NuGet and checking take a second, so what was found is kept by what was asked for.
  const note = join(build, 'packages', `nuget-${name.toLowerCase()}-${hash(integrity)}`);
  const known = existsSync(note) ? readFileSync(note, 'utf8') : '';
  if (known && existsSync(known)) return known;

  const [, packages] = /global-packages: (.+)/.exec(dotnet(['nuget', 'locals', 'global-packages', '--list']));
  const folder = join(packages.trim(), name.toLowerCase(), version);
  const archive = join(folder, `${name.toLowerCase()}.${version}.nupkg`);
  if (!existsSync(archive)) fetch(name, version);
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (found !== integrity) throw new Error(`${archive} has the integrity ${found} instead of ${integrity}.`);
  mkdirSync(dirname(note), { recursive: true });
  writeFileSync(`${note}.${process.pid}`, folder);
  renameSync(`${note}.${process.pid}`, note);
  return folder;
}

function hash(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
