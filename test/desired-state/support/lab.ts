import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { DesiredState } from '../../../src/protocol/generated/contract.ts';
import { formatPorts } from '../../../src/protocol/ranges.ts';
import type { WorkerClient } from '../../../src/rpc/client/client.ts';
import { liveFile, ownFile } from '../../providers/linux/support/sysctl.ts';
import { openNamespace } from '../../support/namespace.ts';
import { startWorkerIn } from './workers.ts';

export const apply = (worker: WorkerClient, document: DesiredState, prune = true) =>
  worker.request('desiredState/apply', { text: JSON.stringify(document), format: 'json', prune });

/** A namespace with a ledger, a worker in it, and all that can be seen of the state. */
export async function openLab() {
  const namespace = await openNamespace();
  const home = mkdtempSync(join(tmpdir(), 'desired-state-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const worker = await startWorkerIn(namespace, { home });
  const live = () => namespace.sh(`cat ${liveFile}`).trim();
  const atBoot = () =>
    /^net\.ipv4\.ip_local_reserved_ports = (.*)$/m.exec(namespace.sh(`cat ${ownFile} 2>/dev/null || true`))?.[1];
  const entries = async () => {
    const { reservations } = await worker.request('reservation/list', {});
    const { exclusions } = await worker.request('exclusion/list', {});
    return [...reservations, ...exclusions.filter(({ own }) => own)].map(({ protocol, range, name, reason }) =>
      `${formatPorts(protocol, range)} ${name} ${reason ?? ''}`.trim(),
    );
  };
  return { namespace, home, worker, live, atBoot, entries };
}
