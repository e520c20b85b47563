import { statSync } from 'node:fs';
import { win32 } from 'node:path';
import { CommandError } from '../failure.ts';

/** What is to be started for a command. */
export interface Invocation {
  file: string;
  args: string[];
  /** The arguments are quoted already. */
  windowsVerbatimArguments?: boolean;
}

/**
 * Windows itself starts programs; batch files, and npm is one, are run by cmd.exe, which is found and quoted for here.
 * Node refuses them otherwise.
 * @throws CommandError an argument that a batch file cannot be given
 */
export function windowsInvocation(words: readonly [string, ...string[]], env: NodeJS.ProcessEnv): Invocation {
  const [command, ...args] = words;
  const file = findProgram(command, env);
  if (file === undefined || !/\.(?:bat|cmd)$/i.test(file)) return { file: file ?? command, args };
  const harmed = args.find((word) => /["%\r\n]/.test(word));
  if (harmed !== undefined) {
    const why = `it is a batch file, and cmd.exe does not pass on ${JSON.stringify(harmed)} as it is`;
    throw new CommandError(command, new Error(why));
  }
  // Of the outer quotes cmd takes one pair away. In quotes nothing but the percent sign means anything to it.
  const line = [file, ...args].map(inQuotes).join(' ');
  const options = ['/d', '/s', '/v:off', '/c', `"${line}"`];
  return { file: env.ComSpec ?? 'cmd.exe', args: options, windowsVerbatimArguments: true };
}

/** A backslash before the quote would be taken to mean the quote itself. */
const inQuotes = (word: string) => `"${word.replace(/\\+$/, '$&$&')}"`;

/** By PATH and PATHEXT, as the shells of Windows do, but not in the current folder unless it is named. */
function findProgram(command: string, env: NodeJS.ProcessEnv): string | undefined {
  const isPath = /[\\/]/.test(command);
  const folders = isPath ? [''] : (env.PATH ?? '').split(';').filter(Boolean);
  const endings = (env.PATHEXT ?? '.COM;.EXE;.BAT;.CMD').split(';').filter(Boolean);
  const hasEnding = win32.extname(command) !== '';
  for (const folder of folders) {
    for (const ending of hasEnding ? ['', ...endings] : endings) {
      const path = isPath ? `${command}${ending}` : win32.join(folder, `${command}${ending}`);
      if (statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
    }
  }
  return undefined;
}
