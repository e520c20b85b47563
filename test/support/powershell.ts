import { once } from 'node:events';
import { findPowerShell } from '../../tools/powershell.mjs';
import { type PowerShellOptions, spawnPowerShell } from './powershell-process.ts';

export type { PowerShellOptions } from './powershell-process.ts';
export { type PowerShellSession, startPowerShell } from './powershell-session.ts';

export interface RunOptions extends PowerShellOptions {
  /** After the script: parameters of a file; more text of a command, as pwsh takes it. */
  args?: string[];
  /** Standard input; empty when left out. */
  stdin?: string;
  /** Ends a script that hangs, default 120 000; not a measure of anything. */
  timeoutMs?: number;
}

export interface RunResult {
  stdout: string;
  stderr: string;
  /** null when a signal ended it. */
  exitCode: number | null;
}

/**
 * Runs a script to its end.
 *
 * @param script - text, run as `-Command`, or a file, run as `-File`
 */
export async function runPowerShell(script: string | { file: string }, options: RunOptions = {}): Promise<RunResult> {
  const { args = [], stdin = '', timeoutMs = 120_000 } = options;
  const what = typeof script === 'string' ? ['-Command', script] : ['-File', script.file];
  const child = await spawnPowerShell([...what, ...args], options);
  child.stdin.end(stdin);

  let stdout = '';
  let stderr = '';
  let late = false;
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
    child.stdout.destroy(); // what the script started may still hold them open
    child.stderr.destroy();
  }, timeoutMs);
  const [exitCode] = await once(child, 'close').finally(() => clearTimeout(timer));
  if (late) throw new Error(`PowerShell did not end within ${timeoutMs} ms.\nstdout: ${stdout}\nstderr: ${stderr}`);
  return { stdout, stderr, exitCode };
}

/** For vitest's globalSetup: fetches what has to be fetched before the first test file asks for it. */
export function setup(): void {
  findPowerShell();
}
