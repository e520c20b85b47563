import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Host, thisHost } from '../../src/host.ts';

/** This process as a host whose ledger is a folder of its own, gone with the test. */
export function ownHost(): Host {
  const home = mkdtempSync(join(tmpdir(), 'port-reservation-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return { ...thisHost(), env: { PORT_RESERVATION_HOME: home } };
}
