import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Host, thisHost } from '../../../src/host.ts';
import { type OpenLedgerOptions, openLedger } from '../../../src/ledger/open-ledger.ts';

/** A folder that is gone when the test is. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'port-reservation-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** This process with another environment. */
export const hostWith = (env: Host['env'], change: Partial<Host> = {}): Host => ({ ...thisHost(), env, ...change });

/** The ledger in this folder. */
export const ledgerIn = (home: string, options?: OpenLedgerOptions) =>
  openLedger(hostWith({ PORT_RESERVATION_HOME: home }), options);
