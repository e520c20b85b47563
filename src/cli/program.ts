import { Command } from 'commander';
import { addApply } from './commands/apply.ts';
import { addCompletion } from './commands/completion.ts';
import { addDsc } from './commands/dsc.ts';
import { addExclude } from './commands/exclude.ts';
import { addExec } from './commands/exec.ts';
import { addExport } from './commands/export.ts';
import { addFind } from './commands/find.ts';
import { addGet } from './commands/get.ts';
import { addMap } from './commands/map.ts';
import { addNew } from './commands/new.ts';
import { addRemove } from './commands/remove.ts';
import { addServe } from './commands/serve.ts';
import { addStatus } from './commands/status.ts';
import { addTest } from './commands/test.ts';
import type { Output } from './output.ts';
import type { Terminal } from './terminal.ts';

const codes = `
Exit codes:
  0    done, or nothing to do
  1    failed; or, of test, something is not reserved
  2    changed, of apply --detailed-exitcode
  64   wrong words
  exec ends with the code of the command it ran`;

const usualWidth = 100;

/** The whole command line. */
export function program(terminal: Terminal, output: Output): Command {
  const root = new Command('portreservation')
    .description('Reserve TCP and UDP ports so that nobody else takes them.')
    .option('--version', 'print the version')
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
      getOutHelpWidth: () => terminal.stdout.columns ?? usualWidth,
      getErrHelpWidth: () => usualWidth,
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
    addGet,
    addFind,
    addTest,
    addRemove,
    addStatus,
    addMap,
    addExclude,
    addApply,
    addExport,
    addDsc,
    addServe,
    addCompletion,
  ]) {
    add(root, output, terminal);
  }
  return root;
}
