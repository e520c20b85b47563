import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { checkLength, isDeaf, isServed, newAddress, removeAddress } from './demand/address.ts';
import { Conversations } from './demand/conversations.ts';
import { lazyService } from './demand/lazy-service.ts';
import { listenAt } from './demand/listener.ts';
import { addressVariables } from './demand/variables.ts';
import { exitCode } from './exit-codes.ts';
import { loadParts } from './load-parts.ts';
import type { ProviderChoice } from './protocol/generated/contract.ts';
import { createLog } from './rpc/server/log.ts';

/** Listens until a signal comes, for all programs of this user, and says where in lines that a shell can read. */
export async function runListener(
  { address, provider }: { address: string | undefined; provider: ProviderChoice },
  own: NodeJS.Process,
): Promise<void> {
  const { platform, env } = own;
  const userId = own.geteuid?.();
  const log = createLog(() => own.stderr);
  const path = address === undefined ? newAddress({ platform, env, processId: own.pid, userId }) : named(address);
  const service = lazyService({ provider });
  const conversations = new Conversations({ platform, userId, provider, hold: 'none', log, service: service.open });
  try {
    checkLength(path);
    // A second server of one pipe would be given every other client.
    if (path.startsWith('\\\\') && (await isServed(path))) throw inUse();
    if (path.startsWith('/') && existsSync(path) && (await isDeaf(path))) removeAddress(path);
    const listener = await listenAt(path, async () => conversations, env);
    await loadParts();
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      own.once(signal, async () => {
        own.once(signal, () => own.exit(128 + constants.signals[signal]));
        await listener.close();
        await service.close();
        own.exit(128 + constants.signals[signal]);
      });
    }
    const lines = Object.entries(addressVariables(path)).map(([name, value]) => `${name}=${value}\n`);
    own.stdout.on('error', () => {}).write(lines.join(''));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const hint =
      code === 'EADDRINUSE' ? 'Somebody serves there already: use that one, or end it.' : 'Name another address.';
    own.stderr.write(`It cannot listen at ${path}: ${message}.\n  ${hint}\n`);
    own.exitCode = exitCode.failed;
  }
}

const inUse = () => Object.assign(new Error('the address is in use'), { code: 'EADDRINUSE' });

/** A path, or a pipe of Windows. */
function named(address: string): string {
  return address.startsWith('\\\\') ? address : resolve(address);
}
