// Makes a fresh clone ready: dependencies and build, by nothing but Node. `--with-powershell`: where there is no
// pwsh, PowerShell as a .NET tool, too.
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const run = (command, args) =>
  execFileSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });

function installed() {
  const mark = join(root, 'node_modules/.package-lock.json');
  return existsSync(mark) && statSync(mark).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

if (!installed()) run('npm', ['ci', '--loglevel=error']);
run(process.execPath, ['build.mjs']);
if (process.argv.includes('--with-powershell')) (await import('./powershell.mjs')).findPowerShell();
