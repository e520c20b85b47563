import type { Command } from 'commander';
import { providerOption } from '../options.ts';

/** For the help alone: main.ts runs it, without loading this. */
export function addServe(root: Command): void {
  root
    .command('serve')
    .summary('serve JSON-RPC on standard input and output')
    .description('Serve JSON-RPC on standard input and output, as the worker does.')
    .requiredOption('--stdio', 'on the standard streams, which is the only way')
    .addOption(providerOption());
}
