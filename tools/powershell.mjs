// The PowerShell that `npm start`, the tests and the packages run on.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dotnet, nugetPackage } from './nuget-package.mjs';
import { onPath } from './on-path.mjs';

/** Options of pwsh that make a run depend on its script alone. */
export const scriptOptions = ['-NoLogo', '-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass'];

/** To be added to its environment: on any other terminal pwsh writes escapes before each statement. */
export const scriptEnvironment = { TERM: 'dumb', POWERSHELL_TELEMETRY_OPTOUT: '1', POWERSHELL_UPDATECHECK: 'Off' };

let found;

/**
 * How to start PowerShell: what `PORT_RESERVATION_TEST_POWERSHELL` names, else `pwsh` on PATH, else the .NET tool of
 * .config/dotnet-tools.json, which is fetched where it is not there. With neither pwsh nor the .NET SDK an error.
 *
 * @returns {{ command: string; args: string[] }}
 */
export function findPowerShell() {
  found ??= find();
  return found;
}

function find() {
  const pwsh = process.env.PORT_RESERVATION_TEST_POWERSHELL || onPath('pwsh');
  if (pwsh) return { command: pwsh, args: [] };
  const command = onPath('dotnet');
  if (!command) {
    throw new Error(
      'No PowerShell to run on: put pwsh (7.4 or later) or dotnet of the .NET SDK 10 on PATH, ' +
        'or name a PowerShell in PORT_RESERVATION_TEST_POWERSHELL.',
    );
  }
  // The tool's own `pwsh` starts this too, but passes no signals on.
  const system = process.platform === 'win32' ? 'win' : 'unix';
  const program = join(powershellPackage(), 'tools', 'net10.0', 'any', system, 'pwsh.dll');
  if (!existsSync(program)) throw new Error(`The .NET tool PowerShell has no ${program}.`);
  return { command, args: [program] };
}

/** The folder of the .NET tool. */
export function powershellPackage() {
  return nugetPackage('PowerShell', () => dotnet(['tool', 'restore']));
}

/** The command line to which a script's `-File` or `-Command` is added. */
export function powershellCommand() {
  const { command, args } = findPowerShell();
  return [command, ...args, ...scriptOptions];
}
