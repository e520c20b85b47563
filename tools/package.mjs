// `npm run package`: what a release consists of, in build/package. `--sea` adds the module with a worker that needs no Node,
// for this platform. `--if-possible`: what this machine cannot make is left out, unless it is CI.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyAll } from './koffi.mjs';
import { NotPossible } from './not-possible.mjs';
import { fillNpmFolder } from './npm-folder.mjs';
import { powershellCommand, scriptEnvironment } from './powershell.mjs';
import { makeExtension } from './vscode-extension.mjs';
import { workerProgram } from './worker-program.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const final = join(root, 'build', 'package');
const dist = join(root, 'dist');

/** The module's folder, its .nupkg, the npm tarball, and the extension of Visual Studio Code. */
async function makePackages(folder) {
  // Also `npm pack` does this; here its failure can be told from npm's own.
  copyAll(join(dist, 'PortReservation', 'worker', 'koffi'));
  const moduleFolder = join(folder, 'PortReservation');
  cpSync(join(dist, 'PortReservation'), moduleFolder, { recursive: true });
  const [powershell, ...args] = powershellCommand();
  const script = join(root, 'tools', 'nupkg.ps1');
  execFileSync(powershell, [...args, '-File', script, moduleFolder, folder], {
    env: { ...process.env, ...scriptEnvironment },
    stdio: 'inherit',
  });
  const npmFolder = join(root, 'build', `npm-${process.pid}`);
  fillNpmFolder(npmFolder);
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: npmFolder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  rmSync(npmFolder, { recursive: true });
  await makeExtension(folder);
}

/** The module once more, with the worker program of this platform. */
async function addProgram(folder) {
  const program = await workerProgram();
  const moduleFolder = join(folder, `${process.platform}-${process.arch}`, 'PortReservation');
  cpSync(join(folder, 'PortReservation'), moduleFolder, { recursive: true });
  cpSync(program, join(moduleFolder, 'worker'), { recursive: true });
}

/** Whether it was made. */
async function ifPossible(make, folder) {
  const isOptional = process.argv.includes('--if-possible') && !process.env.CI;
  mkdirSync(folder, { recursive: true });
  try {
    await make(folder);
    return true;
  } catch (error) {
    if (!isOptional || !(error instanceof NotPossible)) throw error;
    console.error(error.message);
    return false;
  }
}

const fresh = `${final}-${process.pid}`;
try {
  const isMade = await ifPossible(makePackages, fresh);
  if (isMade && process.argv.includes('--sea')) await ifPossible(addProgram, fresh);
  rmSync(final, { recursive: true, force: true });
  if (isMade) {
    renameSync(fresh, final);
    for (const made of readdirSync(final)) console.log(relative(root, join(final, made)));
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
