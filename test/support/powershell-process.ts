import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { powershellCommand, scriptEnvironment } from '../../tools/powershell.mjs';

export interface PowerShellOptions {
  /** Added to this process's environment; undefined takes a variable out. */
  env?: Record<string, string | undefined>;
  cwd?: string;
}

/** Starts PowerShell with options that make the run depend on the given arguments alone. */
export async function spawnPowerShell(
  args: string[],
  { env, cwd }: PowerShellOptions,
): Promise<ChildProcessWithoutNullStreams> {
  const [command, ...options] = powershellCommand();
  const child = spawn(command!, [...options, ...args], {
    cwd,
    env: { ...process.env, ...scriptEnvironment, ...env },
    windowsHide: true,
  });
  child.stdout.setEncoding('utf8');
  child.stderr.setEncoding('utf8');
  child.stdin.on('error', () => {}); // PowerShell may end without reading its input
  await once(child, 'spawn');
  return child;
}
