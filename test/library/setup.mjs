// Makes the example projects ready, and the generator of types: what they need is installed once, by the lock file beside
// them, without scripts. `--if-possible`: without network they are left out, unless it is CI.
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const projects = {
  'The example projects of the library': join(here, 'projects'),
  'The generator of types': join(here, '../examples/types'),
};

function isInstalled(folder) {
  const mark = join(folder, 'node_modules/.package-lock.json');
  return existsSync(mark) && statSync(mark).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs;
}

for (const [what, cwd] of Object.entries(projects).filter(([, folder]) => !isInstalled(folder))) {
  const args = ['ci', '--ignore-scripts', '--prefer-offline', '--loglevel=error', '--fetch-retries=2'];
  try {
    execFileSync('npm', args, { cwd, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' });
  } catch (error) {
    if (process.env.CI || !process.argv.includes('--if-possible')) throw error;
    console.error(`${what} could not be installed, so their tests are skipped.`);
  }
}
