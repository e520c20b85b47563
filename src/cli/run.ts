import { CommanderError } from 'commander';
import { exitCode } from '../exit-codes.ts';
import { Output } from './output.ts';
import { program } from './program.ts';
import type { Terminal } from './terminal.ts';

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
