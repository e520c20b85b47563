// Makes the example projects ready: what they need is installed once, by the lock file beside them, without scripts.
// `--if-possible`: without network they are left out, unless it is CI.
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

const projects = join(import.meta.dirname, 'projects');
const mark = join(projects, 'node_modules/.package-lock.json');

function installed() {
  return existsSync(mark) && statSync(mark).mtimeMs >= statSync(join(projects, 'package-lock.json')).mtimeMs;
}

if (!installed()) {
  const args = ['ci', '--ignore-scripts', '--prefer-offline', '--loglevel=error', '--fetch-retries=2'];
  try {
    execFileSync('npm', args, {
      cwd: projects,
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
  } catch (error) {
    if (process.env.CI || !process.argv.includes('--if-possible')) throw error;
    console.error('The example projects of the library could not be installed, so their tests are skipped.');
  }
}
