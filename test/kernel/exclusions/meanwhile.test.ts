import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../ledger/support/homes.ts';
import { stands } from '../../ledger/support/line.ts';
import { type Child, startChild } from '../../ledger/support/run-child.ts';
import { lockLedger } from '../../support/lock-ledger.ts';
import { namespaceTitle, noNamespaces } from '../../support/namespace.ts';

const own = 'ip link set lo up; for f in /etc/sysctl.d /run; do mount -t tmpfs none $f; done; exec "$@"';

const range = { startPort: 23_470, numberOfPorts: 1 };

const ask = (child: Child, method: string, params: object) =>
  child.process.stdin!.write(`${JSON.stringify({ method, params })}\n`);

describe.skipIf(noNamespaces)(namespaceTitle('a choice that waits for the ledger'), () => {
  test('does not give what is excluded meanwhile', async () => {
    const home = temporaryFolder();
    const one = await startChild({ home, under: ['unshare', '-nm', 'sh', '-c', own, 'sh'] }, 'service');
    expect(await one.next()).toBe('ready');
    const other = await startChild({ home, under: ['nsenter', '-t', `${one.process.pid}`, '-n', '-m'] }, 'service');
    expect(await other.next()).toBe('ready');
    ask(other, 'create', { protocol: 'tcp' });
    expect(await other.next()).toMatchObject({ reservations: [{ protocol: 'tcp' }] });

    const unlock = await lockLedger(home);
    ask(one, 'addExclusion', { protocol: 'tcp', range, store: 'active' });
    await stands(home, 1);
    ask(other, 'create', { protocol: 'tcp', within: range });
    await stands(home, 2);
    unlock();
    expect(await one.next()).toMatchObject({ exclusions: [{ range }] });
    expect(await other.next()).toMatchObject({ errorName: 'NoFreeRange' });
    await Promise.all([one.end(), other.end()]);
  });
});
