// `npm run package`: what a release consists of, in build/package. What cannot be made here is left out, and named with the
// reason. `--whole`: that is an error. `--for-tests`: what the tests install, packed quickly; whole in CI.
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NotPossible } from './not-possible.mjs';
import { writeChecksums } from './packages/checksums.mjs';
import { makeLinuxPackage } from './packages/linux.mjs';
import { makeModule, makeNupkg, makeTarball } from './packages/module.mjs';
import { addProgram } from './packages/program.mjs';
import { programPlatforms, singleProgram } from './single-program.mjs';
import { makeExtension } from './vscode-extension.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const final = join(root, 'build', 'package');
const isForTests = process.argv.includes('--for-tests');
const isWhole = process.argv.includes('--whole') || (isForTests && Boolean(process.env.CI));

// What all have, whatever else fails.
process.umask(0o022);

const leftOut = [];

/** Makes one of them, or notes why not; others are made all the same. */
async function make(what, maker) {
  try {
    return await maker();
  } catch (error) {
    if (isWhole || !(error instanceof NotPossible)) throw error;
    leftOut.push(`${what}: ${error.message.trim()}`);
    return undefined;
  }
}

const fresh = `${final}-${process.pid}`;
try {
  mkdirSync(fresh, { recursive: true });
  await make('the npm package', () => makeTarball(fresh));
  const module = await make('the PowerShell module', () => makeModule(fresh));
  if (module) await make('the .nupkg of the module', () => makeNupkg(fresh, module));
  await make('the extension of Visual Studio Code', () => makeExtension(fresh));
  for (const platform of programPlatforms) {
    const made = await make(`the program for ${platform}`, () => singleProgram(platform));
    if (!made) continue;
    addProgram({ made, platform, folder: fresh, module });
    if (platform.startsWith('linux')) {
      for (const kind of ['deb', 'rpm']) {
        await make(`the ${kind} for ${platform}`, () =>
          makeLinuxPackage({ kind, program: made, platform, folder: fresh, isQuick: isForTests }),
        );
      }
    }
  }
  writeChecksums(fresh);
  rmSync(final, { recursive: true, force: true });
  renameSync(fresh, final);
  for (const made of readdirSync(final)) console.log(relative(root, join(final, made)));
  for (const one of leftOut) console.error(`Left out: ${one}`);
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
