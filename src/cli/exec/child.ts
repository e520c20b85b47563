import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { CommandError } from '../failure.ts';
import type { Terminal } from '../rendering.ts';
import { type Invocation, windowsInvocation } from './windows-command.ts';

const fromTerminal = ['SIGINT', 'SIGQUIT'] as const;
const passedOn = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * Runs the command on this process's own standard streams, passes signals on to it, and gives its exit code, 128+n where
 * signal n ended it.
 * @throws CommandError
 */
export async function runChild(
  words: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
  terminal: Terminal,
): Promise<number> {
  const { file, args, windowsVerbatimArguments } = invocationOf(words, terminal);
  // A handler is there before the child is: no signal ends this process and leaves the child alone.
  let child: ChildProcess | undefined;
  const signals = terminal.platform === 'win32' ? (['SIGINT'] as const) : [...fromTerminal, ...passedOn];
  const pass = (signal: NodeJS.Signals) => {
    const hasItAlready = fromTerminal.some((one) => one === signal) && isInForeground(terminal.platform);
    if (!hasItAlready) child?.kill(signal);
  };
  for (const signal of signals) terminal.on(signal, pass);
  try {
    return await new Promise<number>((resolve, reject) => {
      const refuse = (error: unknown) => reject(new CommandError(words[0], error as Error));
      try {
        child = spawn(file, args, { env, stdio: 'inherit', windowsVerbatimArguments });
      } catch (error) {
        return refuse(error); // some are thrown, some are told
      }
      child.once('error', refuse);
      child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
    });
  } finally {
    for (const signal of signals) terminal.off(signal, pass);
  }
}

/** The process's own environment is asked, whose names have no case on Windows. */
function invocationOf(words: readonly [string, ...string[]], { env, platform }: Terminal): Invocation {
  if (platform === 'win32') return windowsInvocation(words, env);
  const [file, ...args] = words;
  return { file, args };
}

/**
 * Whether the terminal sends Ctrl+C to the whole process group that this process and the child are in. A signal that was
 * sent to this process alone, while that is so, cannot be told from it.
 */
function isInForeground(platform: NodeJS.Platform): boolean {
  if (platform !== 'linux') return true;
  const text = readFileSync('/proc/self/stat', 'latin1');
  // After the name in parentheses: state, parent, group, session, terminal, the terminal's foreground group.
  const [, , group, , , foreground] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return group === foreground;
}
