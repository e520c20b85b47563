/** A process that uses a ledger as another worker would. Bundled by run-child.ts; speaks JSON lines on stdout. */
import { thisHost } from '../../../src/host.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { processIdentity } from '../../../src/machine/process-identity.ts';
import { koffi } from '../../../src/native/koffi.ts';
import { openService } from '../../../src/open-service.ts';
import { ServiceError } from '../../../src/protocol/errors.ts';
import type { LedgerRecord } from '../../../src/protocol/generated/contract.ts';
import { record } from './records.ts';

const say = (message: unknown) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** What a process of another user could not load is loaded before it becomes that user. */
async function become(userId: number): Promise<void> {
  await koffi();
  process.setgroups!([]);
  process.setgid!(userId);
  process.setuid!(userId);
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
  look: async (processId) => processIdentity(Number(processId), process.platform),
  hold: async () => {
    const ledger = await openLedger(thisHost());
    await ledger.change(() => {
      say('held');
      return new Promise(() => {});
    });
  },
};

process.stdin.resume(); // stays until its input ends
process.stdin.once('end', () => process.exit());
try {
  const [umask, userId, command, ...args] = process.argv.slice(2);
  if (umask) process.umask(Number.parseInt(umask, 8));
  if (userId) await become(Number(userId));
  say(await commands[command!]!(...args));
} catch (error) {
  if (!(error instanceof ServiceError)) throw error;
  say({ errorName: error.errorName, message: error.message, facts: error.facts });
}
