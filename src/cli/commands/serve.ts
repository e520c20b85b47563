import type { Command } from 'commander';
import { providerOption } from '../options.ts';

/** For the help alone: main.ts runs it, without loading this. */
export function addServe(root: Command): void {
  root
    .command('serve')
    .summary('serve JSON-RPC on standard input and output, or at an address')
    .description(
      'Serve JSON-RPC on standard input and output, as the worker does, or at an address, for all programs of this user until it is ended.',
    )
    .option('--stdio', 'on the standard streams; this or --listen is required')
    .option('--listen [address]', "at a unix socket or a pipe of Windows; in a folder of this user's own if absent")
    .addOption(providerOption());
}
