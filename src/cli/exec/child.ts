import { type ChildProcess, spawn } from 'node:child_process';
import { constants as access, accessSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { posix } from 'node:path';
import { parseProcessStat } from '../../machine/process-stat.ts';
import { loadErrorOf } from '../../protocol/errors.ts';
import { CommandError } from '../failure.ts';
import type { Terminal } from '../rendering.ts';
import { type Inherited, restoring } from './inherited.ts';
import { type Invocation, windowsInvocation } from './windows-command.ts';

const fromTerminal: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];

/** What nobody can handle, what is about this process alone, and what stops and continues it. */
const notPassedOn = new Set<string>([
  ...['SIGKILL', 'SIGSTOP', 'SIGCHLD', 'SIGPIPE', 'SIGPROF', 'SIGWINCH', 'SIGURG', 'SIGXFSZ'],
  ...['SIGSEGV', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGIOT', 'SIGSYS'],
  ...['SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGCONT'],
]);

/** How a command ended. */
export interface CommandEnd {
  /** Its exit code, 128+n where signal n ended it. */
  exitCode: number;
  /** Whether somebody wanted the end: a signal came. */
  wasAsked: boolean;
}

/**
 * Runs the command on this process's own standard streams and passes signals on to it.
 * @param before what it is to find as the caller gave it
 * @throws CommandError; ServiceError where this process has too many files open
 */
export async function runChild(
  words: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
  {
    terminal,
    before,
    sockets = [],
    onStart,
  }: {
    terminal: Terminal;
    before: Inherited;
    /** Descriptors of this process that the command finds as 3 and so on. */
    sockets?: readonly number[] | undefined;
    onStart: (processId: number | undefined) => void;
  },
): Promise<CommandEnd> {
  const { file, args, windowsVerbatimArguments } = invocationOf(words, env, { terminal, before });
  // A handler is there before the child is: no signal ends this process and leaves the child alone.
  let child: ChildProcess | undefined;
  let wasAsked = false;
  const pass = (signal: NodeJS.Signals) => {
    if (before.ignored.includes(constants.signals[signal])) return;
    wasAsked ||= ending.has(signal);
    const hasItAlready = fromTerminal.includes(signal) && isInForeground(terminal.platform);
    if (!hasItAlready) child?.kill(signal);
  };
  const signals = passedOn(terminal.platform);
  for (const signal of signals) terminal.on(signal, pass);
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      const refuse = (error: unknown) => reject(loadErrorOf(error) ?? new CommandError(words[0], error as Error));
      try {
        child = spawn(file, args, { env, stdio: streams(before.descriptors, sockets), windowsVerbatimArguments });
      } catch (error) {
        return refuse(error); // some are thrown, some are told
      }
      child.once('spawn', () => onStart(child!.pid));
      child.once('error', refuse);
      child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
    });
    return { exitCode, wasAsked };
  } finally {
    for (const signal of signals) terminal.off(signal, pass);
  }
}

const ending = new Set<NodeJS.Signals>(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']);

const passedOn = (platform: NodeJS.Platform): NodeJS.Signals[] =>
  platform === 'win32'
    ? ['SIGINT']
    : (Object.keys(constants.signals) as NodeJS.Signals[]).filter((signal) => !notPassedOn.has(signal));

/** The sockets from 3 on, and each descriptor under its own number. */
function streams(descriptors: readonly number[], sockets: readonly number[]): ('inherit' | 'ignore' | number)[] {
  const all: ('inherit' | 'ignore' | number)[] = ['inherit', 'inherit', 'inherit', ...sockets];
  for (const descriptor of descriptors) {
    while (all.length < descriptor) all.push('ignore');
    all.push(descriptor);
  }
  return all;
}

/** The process's own environment is asked, whose names have no case on Windows. */
function invocationOf(
  words: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
  { terminal, before }: { terminal: Terminal; before: Inherited },
): Invocation {
  if (terminal.platform === 'win32') return windowsInvocation(words, terminal.env);
  const [file, ...args] = words;
  const invocation = restoring({ file, args }, before);
  // A shell would say it in words of its own.
  if (invocation.file !== file) checkExecutable(file, env);
  return invocation;
}

/** @throws CommandError */
function checkExecutable(file: string, env: NodeJS.ProcessEnv): void {
  const folders = file.includes('/') ? [''] : (env.PATH ?? '/usr/bin:/bin').split(':');
  let failure: NodeJS.ErrnoException = Object.assign(new Error(`spawn ${file} ENOENT`), { code: 'ENOENT' });
  for (const folder of folders) {
    try {
      accessSync(posix.join(folder, file), access.X_OK);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR')
        failure = Object.assign(new Error(`spawn ${file} ${code}`), { code });
    }
  }
  throw new CommandError(file, failure);
}

/**
 * Whether the terminal sends Ctrl+C to the whole process group that this process and the child are in. A signal that was
 * sent to this process alone, while that is so, cannot be told from it.
 */
function isInForeground(platform: NodeJS.Platform): boolean {
  if (platform !== 'linux') return true;
  const { group, foregroundGroup } = parseProcessStat(readFileSync('/proc/self/stat', 'latin1'));
  return group === foregroundGroup;
}
