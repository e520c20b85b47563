// `npm start`: runs main-job.ps1 on pwsh where there is one, else on the engine host.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { powershellCommand } from '../tools/powershell.mjs';

const [command, ...args] = await powershellCommand();
const script = fileURLToPath(new URL('main-job.ps1', import.meta.url));
const { status } = spawnSync(command, [...args, '-File', script], { stdio: 'inherit' });
process.exitCode = status ?? 1;
