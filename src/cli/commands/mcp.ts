import type { Command } from 'commander';
import { providerOption } from '../options.ts';

/** For the help alone: main.ts runs it, without loading this. */
export function addMcp(root: Command): void {
  root
    .command('mcp')
    .summary('serve the Model Context Protocol, for agents')
    .description(
      'Serve the Model Context Protocol on standard input and output, for the agents of editors: each worktree gets ports of ' +
        'its own, and whoever has a port is named.',
    )
    .addOption(providerOption());
}
