import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { hostWith } from '../../ledger/support/homes.ts';
import { record } from '../../ledger/support/records.ts';
import { folder, openLab, ownFile, ports } from '../../providers/linux/support/sysctl.ts';
import { namespaceTitle, noNamespaces } from '../../support/namespace.ts';

const nobody = 65_534;
const tcp = { protocol: 'tcp', range: ports(5000) } as const;

function home(): string {
  const path = mkdtempSync(join(tmpdir(), 'port-reservation-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Locks each of the files that there are, as far as this user can, says which, and keeps them. */
async function lockAll(prefix: readonly string[], files: readonly string[], userId = nobody) {
  const script = `
import fcntl, os, sys
said = ''
os.setuid(int(sys.argv[1]))
for file in sys.argv[2:]:
    try:
        flags = os.O_RDWR | os.O_CREAT if os.getuid() == 0 else os.O_RDONLY
        fcntl.flock(os.open(file, flags, 0o600), fcntl.LOCK_EX)
        said += 'locked ' + file + ';'
    except OSError: pass
print(said, flush=True)
sys.stdin.read()`;
  const [program, ...args] = [...prefix, 'python3', '-c', script, String(userId), ...files];
  const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  return { said: String(line).trim(), release: () => child.kill('SIGKILL') };
}

describe.skipIf(noNamespaces)(namespaceTitle('the lock of the system’s list'), () => {
  test('is nothing that an ordinary user can hold', async () => {
    const { namespace, callService, ownValue, sh } = await openLab();
    await callService(home(), 'addExclusion', { ...tcp, range: ports(6000) });
    const { said } = await lockAll(namespace.prefix, [folder, ownFile]);
    expect(said).toBe(`locked ${folder};locked ${ownFile};`);
    await callService(home(), 'addExclusion', tcp);
    expect(ownValue()).toBe('5000-5009,6000-6009');
    expect(sh(`ls -A ${folder}`)).toBe('zz-port-reservation.conf\n');
  });

  test('is waited for without the ledger’s, so that what does not need it goes on', async () => {
    const { namespace, callService, live } = await openLab();
    const [ledger, other] = [home(), home()];
    await callService(other, 'addExclusion', { ...tcp, range: ports(6000) });
    const { said, release } = await lockAll(namespace.prefix, [`${ownFile}.lock`], 0);
    expect(said).toBe(`locked ${ownFile}.lock;`);
    const waiting = callService(ledger, 'addExclusion', tcp);
    // It records first, so by then it has met the lock.
    await vi.waitUntil(() => existsSync(join(ledger, 'ledger.json')), { timeout: 60_000, interval: 5 });
    const another = await openLedger(hostWith({ PORT_RESERVATION_HOME: ledger }), { patience: 5000 });
    await another.change(async ({ own, write }) => write([...own, record(7000, another.owner('persistent'))]));
    expect(live()).toBe('6000-6009');
    release();
    await waiting;
    expect(live()).toBe('5000-5009,6000-6009');
  });
});
