import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { buildEngineHost, engineHostAssembly } from './engine-host.ts';

/** How to start the PowerShell that tests run on: `command`, `args`, then pwsh's own options. */
export interface PowerShell {
  command: string;
  args: string[];
  /** The engine host has the `Microsoft.PowerShell.Core` commands alone. */
  kind: 'pwsh' | 'engine-host';
}

export interface PowerShellOptions {
  /** Added to this process's environment; undefined takes a variable out. */
  env?: Record<string, string | undefined>;
  cwd?: string;
}

/** Options of pwsh that make a run depend on its script alone. */
export const scriptOptions = ['-NoLogo', '-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass'];

/**
 * Finds what `PORT_RESERVATION_TEST_POWERSHELL` names, else `pwsh` on PATH, else the engine host, which is built when
 * it has to be. On a machine with neither pwsh nor the .NET SDK this is an error.
 */
export async function findPowerShell(): Promise<PowerShell> {
  const pwsh = process.env.PORT_RESERVATION_TEST_POWERSHELL || onPath('pwsh');
  if (pwsh) return { command: pwsh, args: [], kind: 'pwsh' };
  const dotnet = onPath('dotnet');
  if (!dotnet) {
    throw new Error(
      'No PowerShell to test on: put pwsh (7.4 or later) or dotnet of the .NET 10 SDK on PATH, ' +
        'or name a PowerShell in PORT_RESERVATION_TEST_POWERSHELL.',
    );
  }
  await buildEngineHost(dotnet);
  return { command: dotnet, args: [engineHostAssembly], kind: 'engine-host' };
}

/** Starts PowerShell with {@link scriptOptions} and the given arguments. */
export async function spawnPowerShell(
  args: string[],
  { env, cwd }: PowerShellOptions,
): Promise<ChildProcessWithoutNullStreams> {
  const powershell = await findPowerShell();
  const child = spawn(powershell.command, [...powershell.args, ...scriptOptions, ...args], {
    cwd,
    env: { ...process.env, ...env },
    windowsHide: true,
  });
  child.stdout.setEncoding('utf8');
  child.stderr.setEncoding('utf8');
  child.stdin.on('error', () => {}); // PowerShell may end without reading its input
  await once(child, 'spawn');
  return child;
}

function onPath(name: string): string | undefined {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, file)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
