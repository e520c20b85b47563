import { newAddress } from './demand/address.ts';
import { Conversations } from './demand/conversations.ts';
import { lazyService } from './demand/lazy-service.ts';
import { listenAt } from './demand/listener.ts';
import { onFile } from './machine/file-error.ts';
import type { ProviderChoice } from './protocol/generated/contract.ts';
import type { Log } from './rpc/server/log.ts';

/** Where a worker on standard streams serves other programs, too. */
export interface AddressOfWorker {
  path: string;
  /** Closes it; resolves when what was given there is free. */
  close(): Promise<void>;
}

/** Why there may be no place for one. */
const hints = {
  EACCES: 'Set TMPDIR to a folder that this user may write to.',
  ENOSPC: 'Free some space on that disk, or set TMPDIR to a folder on another.',
};

/**
 * Listens beside the streams. What is given there is held apart from what the worker's client has.
 * @param own this process
 * @throws ServiceError AccessDenied, OsError where there is no place for an address
 */
export async function openAddressOfWorker(
  own: NodeJS.Process,
  { provider, log }: { provider: ProviderChoice; log: Log },
): Promise<AddressOfWorker> {
  const { platform, env } = own;
  const userId = own.geteuid?.();
  const service = lazyService({ provider });
  const conversations = new Conversations({ platform, userId, provider, hold: 'none', log, service: service.open });
  const file = { action: 'listen at', path: 'an address for other programs', hints };
  const listener = await onFile(file, () =>
    listenAt(newAddress({ platform, env, processId: own.pid, userId }), async () => conversations, env),
  );
  return {
    path: listener.path,
    async close() {
      await listener.close();
      await service.close();
    },
  };
}
