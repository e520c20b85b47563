import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

/** A line of JSON on stderr that the engine shows as a message of its own. */
export interface Trace {
  level: string;
  message: string;
}

/** A command line, as a manifest has it. */
export interface CommandLine {
  executable: string;
  args: string[];
}

/** What the engine makes of an exit code that is not 0. */
export class CommandFailed extends Error {
  readonly exitCode: number | null;
  readonly traces: Trace[];

  constructor(exitCode: number | null, traces: Trace[], rest: string) {
    super(`exit code ${exitCode}: ${traces.map(({ message }) => message).join('; ')}${rest}`);
    this.exitCode = exitCode;
    this.traces = traces;
  }

  /** What an agent behind `dsc mcp` sees of it, and nothing else. */
  inWordsOf(exitCodes: Record<string, string>): string {
    const description = exitCodes[String(this.exitCode)];
    const said = description === undefined ? '' : `manifest description: ${description}`;
    return `Command: Resource 'node' [exit code ${this.exitCode}] ${said}`;
  }
}

/** How a command is started. */
export interface Surroundings {
  directory: string;
  env: NodeJS.ProcessEnv;
  /** What stands before each command line, to run it in a namespace. */
  prefix?: string[];
}

/** By PATH, else relative to the manifest's folder. */
function findExecutable(name: string, { directory, env }: Surroundings): string {
  const names = process.platform === 'win32' ? [`${name}.exe`, name] : [name];
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter);
  const candidates = [...folders, directory].flatMap((folder) => names.map((one) => resolve(directory, folder, one)));
  const found = candidates.find((candidate) => existsSync(candidate));
  if (!found) throw new Error(`${name} is neither on PATH nor in ${directory}`);
  return found;
}

function readTrace(line: string): Trace | undefined {
  try {
    const value = JSON.parse(line);
    const level = ['error', 'warn', 'info', 'debug', 'trace'].find((one) => typeof value[one] === 'string');
    return level ? { level, message: value[level] } : undefined;
  } catch {
    return undefined;
  }
}

/** Runs the command as the engine does: in the manifest's folder, with the instance on stdin, or with no stdin at all. */
export async function runCommand(
  { executable, args }: CommandLine,
  input: string | undefined,
  surroundings: Surroundings,
): Promise<{ stdout: string; traces: Trace[] }> {
  const { directory, env, prefix = [] } = surroundings;
  const [program, ...words] = [...prefix, findExecutable(executable, surroundings), ...args];
  const child = spawn(program!, words, {
    cwd: directory,
    env,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  // A command that does not read its input may be gone before it is written.
  child.stdin?.on('error', () => {}).end(input);
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close'),
  ]);
  const lines = stderr.split('\n').filter(Boolean);
  const traces = lines.map(readTrace).filter((trace) => trace !== undefined);
  const rest = lines.filter((line) => !readTrace(line)).join('\n');
  if (exitCode !== 0) throw new CommandFailed(exitCode, traces, rest);
  return { stdout, traces };
}
