import { Command } from 'commander';
import type { Terminal } from './terminal.ts';

/** The whole command line. */
export function program(terminal: Terminal): Command {
  const root = new Command('portreservation')
    .description('Reserve TCP and UDP ports so that nobody else takes them.')
    .option('--version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
    });
  // main.ts runs it, without loading this.
  root
    .command('serve')
    .description('serve JSON-RPC on standard input and output, as the worker does')
    .requiredOption('--stdio', 'on the standard streams, which is the only way')
    .option('--provider <name>', 'how reservations are carried out: auto, windows, linux or ledger', 'auto');
  return root;
}
