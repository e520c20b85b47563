// Fetches npm packages by version and integrity and keeps them unpacked in build/packages: whole, or not there at all.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NotPossible } from './not-possible.mjs';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'build', 'packages');
const shell = process.platform === 'win32';

/** npm's own patience without network is minutes for each package. */
const patience = [
  '--prefer-offline',
  '--fetch-retries=2',
  '--fetch-retry-mintimeout=500',
  '--fetch-retry-maxtimeout=5000',
];

function fetch(specifier, target) {
  const args = ['pack', specifier, '--loglevel=error', '--pack-destination', target, ...patience];
  try {
    execFileSync('npm', args, { cwd: target, shell, stdio: 'pipe' });
  } catch (error) {
    throw new NotPossible(`npm pack ${specifier} failed:\n${error.stderr}${error.stdout}`, { cause: error });
  }
  return join(target, readdirSync(target)[0]);
}

/** The folder of the unpacked package; fetched when it is not there. */
export function npmPackage({ name, version, integrity }) {
  const hash = createHash('sha256').update(integrity).digest('hex').slice(0, 12);
  const final = join(folder, `${name.split('/').at(-1)}-${version}-${hash}`);
  if (existsSync(final)) return final;
  mkdirSync(folder, { recursive: true });
  const fresh = mkdtempSync(join(folder, 'new-'));
  try {
    const tarball = fetch(`${name}@${version}`, fresh);
    const found = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
    if (found !== integrity) throw new Error(`${name}@${version} has the integrity ${found} instead of ${integrity}.`);
    execFileSync('tar', ['-xzf', tarball, '-C', fresh, '--strip-components=1']);
    rmSync(tarball);
    if (!existsSync(final)) renameSync(fresh, final);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return final;
}
