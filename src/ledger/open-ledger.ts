import type { Host } from '../host.ts';
import { LifeLocks } from '../machine/life-file.ts';
import { processIdentity } from '../machine/process-identity.ts';
import { NativePartError } from '../native/native-part-error.ts';
import { isElevated } from '../native/windows/process-token.ts';
import type { Owner } from '../protocol/generated/contract.ts';
import { auditOf } from './audit.ts';
import { FileLedger } from './file-ledger.ts';
import { Home } from './home.ts';
import { HomelessLedger } from './homeless-ledger.ts';
import type { Ledger } from './ledger.ts';
import { type LedgerFolders, ledgerFolders } from './ledger-folders.ts';
import { thisPlace } from './place.ts';

/** What may be decided otherwise; where, and how long one waits, for the sake of tests. */
export interface OpenLedgerOptions {
  /** Whom runtime reservations are recorded for; by default this process. */
  owner?: Pick<Owner, 'processId' | 'processStartTime'> | undefined;
  /** Milliseconds to wait for another process that has the lock and does not move; 10 s. */
  patience?: number;
  /** Where the ledgers are; by default where they are for this user. */
  folders?: LedgerFolders;
}

/**
 * Opens the ledger of this process. Nothing is read or made yet.
 * @throws ServiceError NotSupported when PORT_RESERVATION_HOME is a relative path
 */
export async function openLedger(
  host: Host,
  { owner: named, patience, folders }: OpenLedgerOptions = {},
): Promise<Ledger> {
  const { platform, processId, user, userId } = host;
  const posix = platform !== 'win32';
  const place = thisPlace();
  const look = (other: number) => processIdentity(other, platform);
  const { own, system } = folders ?? ledgerFolders(host, posix ? userId === 0 : await hasFullRights());
  const owner = { user, ...(named ?? { processId, processStartTime: startTime() }), host: place.host };
  const surroundings = { posix, locks: new LifeLocks(posix), place, look };
  if (!own)
    return new HomelessLedger(owner, new Home(system!, { ...surroundings, reader: userId }), surroundings.locks);
  return new FileLedger({
    ...surroundings,
    folders: { own, ...(system && { system }) },
    owner,
    audit: auditOf(host, own.shared),
    processId,
    userId,
    patience,
  });
}

/**
 * Whether this is an elevated process. Without native code nobody knows, and nothing can be changed; an ordinary user's
 * view has all there is to read.
 */
const hasFullRights = (): Promise<boolean> =>
  isElevated().catch((error: unknown) => {
    if (error instanceof NativePartError) return false;
    throw error;
  });

/** For people. */
const startTime = () => new Date(performance.timeOrigin).toISOString();
