import type { ExclusionRecord, LedgerRecord, Owner } from '../../../src/protocol/generated/contract.ts';

/** A record as the service would write it; each start port makes another one. */
export function record(startPort: number, owner: Owner, change: Partial<LedgerRecord> = {}): LedgerRecord {
  return {
    protocol: 'tcp',
    range: { startPort, numberOfPorts: 1 },
    token: `${startPort}`,
    lifetime: owner.processId === undefined ? 'persistent' : 'runtime',
    enforcement: 'ledger',
    provider: 'ledger',
    owner,
    createdAt: '2026-01-02T03:04:05.678Z',
    ...change,
  };
}

/** The same of an exclusion. */
export function exclusionRecord(
  startPort: number,
  owner: Owner,
  change: Partial<ExclusionRecord> = {},
): ExclusionRecord {
  return {
    protocol: 'tcp',
    range: { startPort, numberOfPorts: 1 },
    store: 'persistent',
    provider: 'linux',
    owner,
    createdAt: '2026-01-02T03:04:05.678Z',
    ...change,
  };
}

export const startPorts = (records: readonly LedgerRecord[]) => records.map(({ range }) => range.startPort);
