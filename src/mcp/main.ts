import { constants } from 'node:os';
import { exitCode } from '../exit-codes.ts';
import { thisHost } from '../host.ts';
import { createLog } from '../rpc/server/log.ts';
import { type Command, parseCommandLine, usage } from './command-line.ts';
import { McpServer } from './server.ts';

function serve({ provider }: Extract<Command, { kind: 'serve' }>): void {
  const log = createLog(() => process.stderr);
  const server = new McpServer({
    input: process.stdin,
    output: process.stdout,
    log,
    provider,
    host: thisHost(),
    openService: async (options) => (await import('../open-service.ts')).openService(options),
  });
  let code: number = exitCode.done;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // A second signal does not wait.
      if (code > 0) process.exit(code);
      code = 128 + constants.signals[signal];
      server.end();
    });
  }
  process.on('uncaughtException', (error) => {
    log.error('the server failed', { error });
    process.exit(exitCode.internal);
  });
  server.ended.then(
    () => process.exit(code),
    (error) => {
      log.error('what is held may not be free', { error });
      process.exit(exitCode.failed);
    },
  );
  server.listen();
}

/** Runs the MCP server in this process: serves on its standard streams, or says why not. */
export function runMcp(words: readonly string[]): void {
  const command = parseCommandLine(words);
  switch (command.kind) {
    case 'serve':
      serve(command);
      break;
    case 'help':
      process.stdout.write(usage);
      break;
    case 'wrong':
      process.stderr.write(`${command.reason}\n\n${usage}`);
      process.exitCode = exitCode.usage;
  }
}
