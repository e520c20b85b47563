/** A process that serves a provider to a test. Bundled and started by namespace.ts; JSON lines on stdin and stdout. */
import { createInterface } from 'node:readline';
import { thisHost } from '../../src/host.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { untilUntaken } from '../../src/machine/file-lock.ts';
import { koffi } from '../../src/native/koffi.ts';
import { ServiceError } from '../../src/protocol/errors.ts';
import type { Reservation } from '../../src/protocol/generated/contract.ts';
import type { Excluder } from '../../src/providers/excluder.ts';
import { LinuxProvider } from '../../src/providers/linux/provider.ts';
import type { Claim } from '../../src/providers/provider.ts';
import { LedgerProvider } from '../../src/providers/sockets/provider.ts';
import { PortService } from '../../src/service/port-service.ts';
import { killBefore } from './kill-before.ts';
import { localMachine } from './machine.ts';

/** What this process could not load as another user is loaded before. */
async function become(userId: number): Promise<void> {
  await koffi();
  process.setgroups!([]);
  process.setgid!(userId);
  process.setuid!(userId);
}

const [providerName, userId, umask] = process.argv.slice(2);
process.umask(Number(umask));
if (userId !== '0') await become(Number(userId));
const machine = localMachine(providerName === 'linux' ? new LinuxProvider(thisHost()) : new LedgerProvider(thisHost()));
const { provider } = machine;

const calls: Record<string, (...args: never[]) => unknown> = {
  claim: async (claim: Claim) => String(await provider.claim(claim)),
  check: (claim: Claim) => provider.check(claim),
  checkSettled: (...records: Parameters<typeof provider.checkSettled>) => provider.checkSettled(...records),
  settle: (...records: Parameters<typeof provider.settle>) => provider.settle(...records),
  excluder: (name: keyof Excluder, ...args: never[]) =>
    (provider.excluder![name] as (...given: never[]) => unknown)(...args),
  release: (record: Reservation) => provider.release(record),
  survey: async (...args: Parameters<typeof provider.survey>) => {
    const { inUse, excluded, redirected, announced, ...rest } = await provider.survey(...args);
    return {
      inUse: inUse.ranges(),
      excluded: excluded.ranges(),
      redirected: redirected.ranges(),
      announced: announced.ranges(),
      ...rest,
    };
  },
  firstRefused: (...args: Parameters<typeof provider.firstRefused>) => provider.firstRefused(...args),
  isServed: (...args: Parameters<typeof provider.isServed>) => provider.isServed(...args),
  isUsedByOthers: (...args: Parameters<typeof provider.isUsedByOthers>) => provider.isUsedByOthers(...args),
  inspect: (...args: Parameters<typeof provider.inspect>) => provider.inspect(...args),
  overview: async (...args: Parameters<typeof provider.overview>) => {
    const { holders, ...rest } = await provider.overview(...args);
    return { ...rest, holders: [...holders] };
  },
  dynamicRange: (...args: Parameters<typeof provider.dynamicRange>) => provider.dynamicRange(...args),
  probe: (...args: Parameters<typeof provider.probe>) => provider.probe(...args),
  closeProvider: () => provider.close(),
  tryBind: machine.tryBind,
  openSocket: machine.openSocket,
  closeSockets: machine.closeSockets,
  automaticPorts: machine.automaticPorts,
  killBefore,
  callService: async (home: string, method: 'addExclusion' | 'removeExclusion', params: never) => {
    const ledger = await openLedger({ ...thisHost(), env: { PORT_RESERVATION_HOME: home } });
    return new PortService(provider, ledger)[method](params);
  },
};

const say = (message: unknown) => process.stdout.write(`${JSON.stringify(message)}\n`);

async function answer({ id, call, args }: { id: number; call: string; args: never[] }): Promise<void> {
  try {
    // As the ledger does, whose lock the service holds.
    say({ id, result: await untilUntaken(async () => calls[call]!(...args)) });
  } catch (error) {
    const { message, stack } = error as Error;
    const known = error instanceof ServiceError ? { errorName: error.errorName, facts: error.facts } : { stack };
    say({ id, error: { message, ...known } });
  }
}

say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) void answer(JSON.parse(line));
process.exit();
