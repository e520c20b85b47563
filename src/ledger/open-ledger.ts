import type { Host } from '../host.ts';
import { processIdentity } from '../machine/process-identity.ts';
import { isElevated } from '../native/windows/process-token.ts';
import { FileLedger } from './file-ledger.ts';
import type { Ledger } from './ledger.ts';
import { ledgerFolders } from './ledger-folders.ts';

/** What may be decided otherwise, for the sake of tests. */
export interface OpenLedgerOptions {
  /** Milliseconds to wait for another process that has the lock; 10 s. */
  patience?: number;
}

/**
 * Opens the ledger of this process. Nothing is read or made yet.
 * @throws ServiceError NotSupported when PORT_RESERVATION_HOME is a relative path
 */
export async function openLedger(host: Host, { patience }: OpenLedgerOptions = {}): Promise<Ledger> {
  const { platform, processId, user } = host;
  const posix = platform !== 'win32';
  const folders = ledgerFolders(host, posix ? host.userId === 0 : await isElevated());
  const self = await processIdentity(processId, platform);
  return new FileLedger({
    folders,
    owner: { user, processId, ...(self.startTime && { processStartTime: self.startTime }) },
    posix,
    userId: host.userId,
    look: async (other) => (other === processId ? self : processIdentity(other, platform)),
    patience,
  });
}
