/** A process that uses a ledger as another worker would. Bundled by run-child.ts; speaks JSON lines on stdout. */
import { createInterface } from 'node:readline';
import { thisHost } from '../../../src/host.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { processIdentity } from '../../../src/machine/process-identity.ts';
import { koffi } from '../../../src/native/koffi.ts';
import { openService } from '../../../src/open-service.ts';
import { ServiceError } from '../../../src/protocol/errors.ts';
import type { LedgerRecord } from '../../../src/protocol/generated/contract.ts';
import { everyCall, killBefore } from '../../support/kill-before.ts';
import { record } from './records.ts';

const say = (message: unknown) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** What a process of another user could not load is loaded before it becomes that user. */
async function become(userId: number): Promise<void> {
  await koffi();
  process.setgroups!([]);
  process.setgid!(userId);
  process.setuid!(userId);
}

function told(error: unknown): unknown {
  if (!(error instanceof ServiceError)) throw error;
  return { errorName: error.errorName, message: error.message, facts: error.facts };
}

async function add(lifetime: LedgerRecord['lifetime'], firstPort: number, changes: number): Promise<void> {
  const ledger = await openLedger(thisHost());
  for (let port = firstPort; port < firstPort + changes; port++) {
    await ledger.change(({ own, write }) => write([...own, record(port, ledger.owner(lifetime))]));
  }
}

const commands: Record<string, (...args: string[]) => Promise<unknown>> = {
  add: async (lifetime, firstPort, changes) => {
    await add(lifetime as LedgerRecord['lifetime'], Number(firstPort), Number(changes));
    return 'added';
  },
  read: async () => (await openLedger(thisHost())).read(),
  ask: async (method, params) => {
    const service = await openService();
    const ask = service[method as 'find'].bind(service);
    return ask(JSON.parse(params!));
  },
  'killed at': async (call) => {
    const ledger = await openLedger(thisHost());
    killBefore(Number(call), everyCall);
    await ledger.change(({ own, write }) => write([...own, record(5000, ledger.owner('runtime'))]));
    await ledger.change(({ own, write }) => write([...own, record(5001, ledger.owner('runtime'))]));
    await ledger.change(({ write }) => write([]));
    ledger.close();
    return 'done';
  },
  wait: async (name, patience) => {
    const ledger = await openLedger(thisHost(), patience ? { patience: Number(patience) } : {});
    say('waiting');
    return ledger.change(async () => name);
  },
  service: async () => {
    const service = await openService();
    say('ready');
    for await (const line of createInterface({ input: process.stdin })) {
      const { method, params } = JSON.parse(line);
      try {
        say(await service[method as 'find'].call(service, params));
      } catch (error) {
        say(told(error));
      }
    }
    await service.close();
    return 'closed';
  },
  look: async (processId) => processIdentity(Number(processId), process.platform),
  hold: async (shared) => {
    const ledger = await openLedger(thisHost());
    await ledger.change(
      () => {
        say('held');
        return new Promise(() => {});
      },
      { isShared: shared === 'shared' },
    );
  },
};

const isService = process.argv.includes('service');
process.stdin.resume(); // stays until its input ends
if (!isService) process.stdin.once('end', () => process.exit());
try {
  const [umask, userId, command, ...args] = process.argv.slice(2);
  if (umask) process.umask(Number.parseInt(umask, 8));
  if (userId) await become(Number(userId));
  say(await commands[command!]!(...args));
} catch (error) {
  say(told(error));
}
