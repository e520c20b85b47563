import { Command, CommanderError } from 'commander';
import { exitCode } from '../exit-codes.ts';
import { parseAddress } from './address.ts';
import { addApply } from './commands/apply.ts';
import { addCompletion } from './commands/completion.ts';
import { addDsc } from './commands/dsc.ts';
import { addDynamicRange } from './commands/dynamic-range.ts';
import { addExclude } from './commands/exclude.ts';
import { addExec } from './commands/exec.ts';
import { addExport } from './commands/export.ts';
import { addFind } from './commands/find.ts';
import { addGet } from './commands/get.ts';
import { addImport } from './commands/import.ts';
import { addInfo } from './commands/info.ts';
import { addMap } from './commands/map.ts';
import { addMcp } from './commands/mcp.ts';
import { addNew } from './commands/new.ts';
import { addRemove } from './commands/remove.ts';
import { addServe } from './commands/serve.ts';
import { addSettle } from './commands/settle.ts';
import { addStatus } from './commands/status.ts';
import { addTake } from './commands/take.ts';
import { addTest } from './commands/test.ts';
import { addUninstall } from './commands/uninstall.ts';
import { addWait } from './commands/wait.ts';
import { UsageError } from './failure.ts';
import { commandMeant, optionMeant } from './meant.ts';
import { Output } from './output.ts';
import type { Terminal } from './rendering.ts';

const codes = `
Exit codes:
  0    done, or nothing to do
  1    failed; or, of test, something is not reserved
  2    changed, of apply --detailed-exitcode
  64   wrong words
  exec ends with the code of the command it ran`;

const usualWidth = 80;

/** The whole command line. */
export function program(terminal: Terminal, output: Output): Command {
  const root = new Command('portreservation')
    .description('Reserve TCP and UDP ports so that nobody else takes them.')
    .option('-v, --version', 'print the version')
    .helpCommand('help [command]', 'display help for command')
    .enablePositionalOptions()
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
      getOutHelpWidth: () => terminal.stdout.columns ?? usualWidth,
      getErrHelpWidth: () => terminal.stderr.columns ?? usualWidth,
      // run.ts writes them all alike.
      outputError: () => {},
    })
    .hook('preAction', (_, command) => {
      output.asJson = Boolean(command.opts().json);
    })
    .addHelpText('after', codes);
  for (const add of [
    addExec,
    addNew,
    addTake,
    addGet,
    addFind,
    addTest,
    addRemove,
    addStatus,
    addWait,
    addMap,
    addExclude,
    addDynamicRange,
    addApply,
    addExport,
    addImport,
    addInfo,
    addDsc,
    addServe,
    addMcp,
    addSettle,
    addCompletion,
    addUninstall,
  ]) {
    add(root, output, terminal);
  }
  throwInOurWords(root);
  return root;
}

/** What is wrong with the words, and whose help has the right ones; ends of the parser's own are left to run.ts. */
function throwInOurWords(command: Command, path = command.name()): void {
  command.exitOverride((end) => {
    throw end.code === 'commander.help' || end.exitCode === 0 ? end : usageError(end, command, path);
  });
  for (const below of command.commands) throwInOurWords(below, `${path} ${below.name()}`);
}

function usageError({ message }: CommanderError, command: Command, path: string): UsageError {
  const [sentence = ''] = message.replace(/^error: /, '').split('\n');
  const wrong = sentence.replace(
    /^command-argument value ('.*?') is invalid for argument '(.*?)'/,
    '$1 is invalid for <$2>',
  );
  const meant = meantBy(wrong, command);
  return new UsageError(wrong, `${meant === undefined ? '' : `Did you mean ${meant}? `}See ${path} --help.`);
}

function meantBy(sentence: string, command: Command): string | undefined {
  const [, option] = /^unknown option '(.*?)(?:=.*)?'$/.exec(sentence) ?? [];
  if (option !== undefined) return optionMeant(option, command);
  const [, word] = /^unknown command '(.*)'$/.exec(sentence) ?? [];
  if (word !== undefined) return parseAddress(word) ? `status ${word}` : commandMeant(word, command);
  // What is no range may have been meant for another of its parent's commands.
  const [, first] = /^'(.*?)' is invalid for <ranges>/.exec(sentence) ?? [];
  return first === undefined || !command.parent ? undefined : commandMeant(first, command.parent);
}

/** Runs the command that the words ask for and gives the exit code. */
export async function run(words: readonly string[], terminal: Terminal): Promise<number> {
  const output = new Output(terminal);
  output.asJson = words.includes('--json');
  try {
    await program(terminal, output).parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCode.done;
    // Help that nobody asked for has been written already.
    if (error instanceof CommanderError && error.code === 'commander.help') return exitCode.usage;
    output.fail(error);
  }
  return output.exitCode;
}
