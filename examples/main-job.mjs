// `npm start`: runs main-job.ps1 on pwsh where there is one, else on the .NET tool of that name.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { powershellCommand, scriptEnvironment } from '../tools/powershell.mjs';

const [command, ...args] = powershellCommand();
const script = fileURLToPath(new URL('main-job.ps1', import.meta.url));
const env = { ...process.env, ...scriptEnvironment };
const { status } = spawnSync(command, [...args, '-File', script], { env, stdio: 'inherit' });
process.exitCode = status ?? 1;
