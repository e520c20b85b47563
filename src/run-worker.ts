import { constants } from 'node:os';
import type { AddressOfWorker } from './address-of-worker.ts';
import { exitCode } from './exit-codes.ts';
import { loadParts } from './load-parts.ts';
import { processGone, processIdentity } from './machine/process-identity.ts';
import { openService } from './open-service.ts';
import { type ProviderChoice, packageVersion } from './protocol/generated/contract.ts';
import { type Command, parseCommandLine, usage, type WorkerName } from './rpc/server/command-line.ts';
import { Connection } from './rpc/server/connection.ts';
import { createLog } from './rpc/server/log.ts';

/** Loaded with the other parts: an upgrade of the package removes the file. */
const addresses = () => import('./address-of-worker.ts');

function serve({ provider }: Extract<Command, { kind: 'serve' }>): void {
  const log = createLog(() => process.stderr);

  let address: Promise<AddressOfWorker> | undefined;
  const openAddress = async (chosen: ProviderChoice) => {
    address ??= addresses().then(({ openAddressOfWorker }) => openAddressOfWorker(process, { provider: chosen, log }));
    // One that could not be opened is tried again.
    address.catch(() => {
      address = undefined;
    });
    return (await address).path;
  };

  let hasClient = false;
  const connection = new Connection({
    input: process.stdin,
    output: process.stdout,
    log,
    provider,
    platform: process.platform,
    openService,
    openAddress,
    loadParts: async () => void (await Promise.allSettled([loadParts(), addresses()])),
    onInitialize: ({ processId }) => {
      hasClient = Boolean(processId);
      if (processId) watchClient(processId).catch((error) => log.warn('the client is not watched', { error }));
    },
  });

  async function watchClient(processId: number): Promise<void> {
    await processGone(() => processIdentity(processId, process.platform));
    log.info('the client is gone', { processId });
    connection.cancel();
    connection.end(() => 0);
  }

  let isEnding = false;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // Ctrl+C at a terminal reaches the client's whole process group, and is meant for what the client does now. A client
      // that said who it is ends its worker itself, and is watched.
      if (signal === 'SIGINT' && hasClient) return log.info('Ctrl+C is left to the client');
      // A second signal does not wait.
      if (isEnding) process.exit(128 + constants.signals[signal]);
      isEnding = true;
      connection.cancel();
      connection.end(() => 128 + constants.signals[signal]);
    });
  }
  process.on('uncaughtException', (error) => {
    log.error('the worker failed', { error });
    process.exit(exitCode.internal);
  });

  connection.ended.then(async (code) => {
    await (await address?.catch(() => undefined))?.close();
    process.exit(code);
  });
  connection.listen();
}

/** Runs the worker in this process: serves on its standard streams, or says why not. */
export function runWorker(words: readonly string[], name: WorkerName): void {
  const command = parseCommandLine(words);
  switch (command.kind) {
    case 'serve':
      serve(command);
      break;
    case 'listen':
      import('./run-listener.ts').then(
        ({ runListener }) => runListener(command, process),
        (error) => {
          process.stderr.write(`${name}: ${error.message}\n`);
          process.exitCode = exitCode.failed;
        },
      );
      break;
    case 'version':
      process.stdout.write(`${packageVersion}\n`);
      break;
    case 'help':
      process.stdout.write(usage(name));
      break;
    case 'wrong':
      process.stderr.write(`${command.reason}\n\n${usage(name)}`);
      process.exitCode = exitCode.usage;
  }
}
