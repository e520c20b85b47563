// The PowerShell module, its .nupkg, and the npm tarball. Of these the .nupkg alone needs a PowerShell.
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyAll } from '../koffi.mjs';
import { NotPossible } from '../not-possible.mjs';
import { fillNpmFolder } from '../npm-folder.mjs';
import { powershellCommand, scriptEnvironment } from '../powershell.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const built = join(root, 'dist', 'PortReservation');

/** npm's tarball, from a folder of its own: npm packs a file by the mode that it has. */
export function makeTarball(folder) {
  // Also `npm pack` does this; here its failure can be told from npm's own.
  copyAll(join(built, 'worker', 'koffi'));
  const npmFolder = join(root, 'build', `npm-${process.pid}`);
  try {
    fillNpmFolder(npmFolder);
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
      cwd: npmFolder,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
  } finally {
    rmSync(npmFolder, { recursive: true, force: true });
  }
}

/** The module's folder, which is given back. */
export function makeModule(folder) {
  copyAll(join(built, 'worker', 'koffi'));
  const module = join(folder, 'PortReservation');
  cpSync(built, module, { recursive: true });
  return module;
}

/** What a gallery takes, made by PowerShell from what it reads in the manifest. */
export function makeNupkg(folder, module) {
  const [powershell, ...args] = command();
  const script = join(root, 'tools', 'nupkg.ps1');
  execFileSync(powershell, [...args, '-File', script, module, folder], {
    env: { ...process.env, ...scriptEnvironment },
    stdio: 'inherit',
  });
}

function command() {
  try {
    return powershellCommand();
  } catch (error) {
    throw new NotPossible(error.message, { cause: error });
  }
}
