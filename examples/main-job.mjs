// `npm start`: the main job, on PowerShell where there is one (main-job.ps1), else by the command line.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { powershellCommand, scriptEnvironment } from '../tools/powershell.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

function face() {
  try {
    const [command, ...args] = powershellCommand();
    return [command, ...args, '-File', here('main-job.ps1')];
  } catch (error) {
    console.log(`${error.message}\nSo this is the command line, which needs Node alone.\n`);
    return [process.execPath, here('main-job.command-line.mjs')];
  }
}

const [command, ...args] = face();
const { status } = spawnSync(command, args, { env: { ...process.env, ...scriptEnvironment }, stdio: 'inherit' });
process.exitCode = status ?? 1;
