import { CommanderError } from 'commander';
import { exitCode } from './exit-codes.ts';
import { program } from './program.ts';
import type { Terminal } from './terminal.ts';

/** Runs the command that the words ask for and gives the exit code. */
export async function run(words: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await program(terminal).parseAsync(words, { from: 'user' });
    return exitCode.done;
  } catch (error) {
    // The library has written its message already; help that was asked for ends with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.done : exitCode.usage;
    throw error;
  }
}
