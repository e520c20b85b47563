import type { ProcessIdentity } from '../machine/process-identity.ts';
import type { LedgerRecord } from '../protocol/generated/contract.ts';

/** Looks at a process. */
export type Look = (processId: number) => Promise<ProcessIdentity>;

function isOwner(identity: ProcessIdentity, recorded: string | undefined): boolean {
  if (!identity.alive) return false;
  // What cannot be compared is taken for the owner: a record is not lost to a lack of rights.
  return !identity.startTime || !recorded || identity.startTime === recorded;
}

/**
 * Those whose owners live, of the runtime reservations that workers of version 0.1 keep in the ledger's file. Such a worker
 * has no file whose lock would tell, so its process is looked at, each once. When the last one is gone, so are these.
 */
export async function liveLegacyRecords(records: readonly LedgerRecord[], look: Look): Promise<LedgerRecord[]> {
  const seen = new Map<number, ProcessIdentity>();
  const live: LedgerRecord[] = [];
  for (const record of records) {
    const { processId, processStartTime } = record.owner;
    if (processId !== undefined) {
      const identity = seen.get(processId) ?? (await look(processId));
      seen.set(processId, identity);
      if (!isOwner(identity, processStartTime)) continue;
    }
    live.push(record);
  }
  return live;
}
