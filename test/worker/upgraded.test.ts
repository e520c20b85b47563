import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { methodNames } from '../../src/protocol/generated/contract.ts';
import { RawPeer } from '../support/frames.ts';
import { ownHome, workerFile } from '../support/worker.ts';

/** A copy of what ships, which can be taken away. */
function installation() {
  const folder = mkdtempSync(join(tmpdir(), 'port-reservation-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const programs = join(folder, 'worker');
  cpSync(dirname(workerFile), programs, { recursive: true });
  return { folder: programs, remove: () => renameSync(programs, join(folder, 'gone')) };
}

const range = { startPort: 21_800, numberOfPorts: 1 };
const text = 'name: shop\nreservations:\n- { protocol: tcp, startPort: 21801 }\n';

/** Params with which each method does all that it can without rights. */
const params: Record<string, object> = {
  'reservation/create': { protocol: 'tcp', startPort: 21_800 },
  'reservation/lookup': { protocol: 'tcp', range },
  'reservation/release': { protocol: 'tcp', range },
  'reservation/probe': { protocol: 'tcp', range },
  'exclusion/add': { protocol: 'tcp', range },
  'exclusion/remove': { protocol: 'tcp', range },
  'port/inspect': { protocol: 'tcp', ranges: [range] },
  'port/find': { protocol: 'tcp' },
  'port/map': { protocol: 'tcp', render: { format: 'svg' } },
  'desiredState/apply': { text, format: 'yaml' },
  'desiredState/export': { format: 'yaml' },
  'desiredState/import': { from: 'csv', text: 'protocol,startPort\ntcp,21802\n' },
};

test('a running worker needs none of the files that an upgrade removes', async () => {
  const { folder, remove } = installation();
  const child = spawn(process.execPath, [join(folder, 'worker.mjs'), '--stdio', '--provider', 'ledger'], {
    env: ownHome(onTestFinished),
    stdio: 'pipe',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const peer = new RawPeer(child.stdout, child.stdin);
  for (const method of ['initialize', 'reservation/list']) {
    peer.request(method, method);
    expect((await peer.next()).result).toBeDefined();
  }
  remove();
  const last = ['reservation/release', 'shutdown'];
  const rest = methodNames.filter((method) => method !== 'initialize' && !last.includes(method));
  for (const method of [...rest, ...last]) {
    peer.request(method, method, params[method] ?? {});
    const { error } = await peer.next();
    const isExpected = error === undefined || (method.startsWith('exclusion/') && error.code === 6);
    expect(isExpected, `${method}: ${error?.message}`).toBe(true);
  }
});
