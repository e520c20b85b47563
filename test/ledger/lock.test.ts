import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { ledgerIn, temporaryFolder } from './support/homes.ts';
import { record, startPorts } from './support/records.ts';
import { runChild, startChild } from './support/run-child.ts';

/** A promise, and what fulfils it. */
function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test('changes of one process run one after the other, in their order', async () => {
  const ledger = await ledgerIn(temporaryFolder());
  const steps: string[] = [];
  const { opened, open } = gate();
  const changes = Array.from({ length: 10 }, (_, index) =>
    ledger.change(async () => {
      steps.push(`begin ${index}`);
      await opened;
      steps.push(`end ${index}`);
    }),
  );
  await vi.waitUntil(() => steps.length > 0); // and by then the others are waiting
  open();
  await Promise.all(changes);
  expect(steps).toEqual(changes.flatMap((_, index) => [`begin ${index}`, `end ${index}`]));
});

test('two ledgers of one process exclude each other', async () => {
  const home = temporaryFolder();
  const { opened, open } = gate();
  const [first, second] = [await ledgerIn(home), await ledgerIn(home, { patience: 20 })];
  const held = gate();
  const holding = first.change(() => {
    held.open();
    return opened;
  });
  await held.opened;
  await expect(second.change(async () => {})).rejects.toMatchObject({ errorName: 'LedgerBusy' });
  open();
  await holding;
  await second.change(async () => {});
});

test('a change that fails lets the next one in', async () => {
  const ledger = await ledgerIn(temporaryFolder());
  const failing = ledger.change(() => Promise.reject(new Error('broken')));
  const next = ledger.change(async () => 'in');
  await expect(failing).rejects.toThrow('broken');
  expect(await next).toBe('in');
});

test('LedgerBusy names the lock and the process that holds it; reading goes on', async () => {
  const home = temporaryFolder();
  const holder = await startChild({ home }, 'hold');
  expect(await holder.next()).toBe('held');
  const ledger = await ledgerIn(home, { patience: 20 });
  await expect(ledger.change(async () => {})).rejects.toMatchObject({
    errorName: 'LedgerBusy',
    message: expect.stringContaining(`process ${holder.process.pid} `),
    facts: { target: join(home, 'ledger.lock'), hint: expect.stringContaining(`process ${holder.process.pid}`) },
  });
  expect(await ledger.read()).toEqual([]);
});

test('a waiting change can be cancelled, in the queue and at the lock, and is never run', async () => {
  const home = temporaryFolder();
  const holder = await startChild({ home }, 'hold');
  expect(await holder.next()).toBe('held');
  const ledger = await ledgerIn(home);
  const [atLock, inQueue] = [new AbortController(), new AbortController()];
  const run: string[] = [];
  const first = ledger.change(async () => run.push('at the lock'), { signal: atLock.signal });
  const second = ledger.change(async () => run.push('in the queue'), { signal: inQueue.signal });
  const third = ledger.change(async () => run.push('third'));
  inQueue.abort(new Error('not this one'));
  await expect(second).rejects.toThrow('not this one');
  atLock.abort(new Error('nor this one'));
  await expect(first).rejects.toThrow('nor this one');
  holder.process.kill('SIGKILL');
  await third;
  expect(run).toEqual(['third']);
});

test('a signal that is aborted already cancels at once', async () => {
  const ledger = await ledgerIn(temporaryFolder());
  const change = ledger.change(async () => 'in', { signal: AbortSignal.abort(new Error('too late')) });
  await expect(change).rejects.toThrow('too late');
  expect(await ledger.change(async () => 'in')).toBe('in');
});

test.each(['runtime', 'persistent'])('16 processes at once, 10 %s records each: all are kept', async (lifetime) => {
  const home = temporaryFolder();
  const ports = Array.from({ length: 16 }, (_, index) => 20_000 + 10 * index);
  const children = await Promise.all(ports.map((port) => startChild({ home }, 'add', lifetime, `${port}`, '10')));
  expect(await Promise.all(children.map((child) => child.next()))).toEqual(ports.map(() => 'added'));
  const ledger = await ledgerIn(home);
  const kept = startPorts(await ledger.read()).sort((a, b) => a - b);
  expect(kept).toEqual(Array.from({ length: 160 }, (_, index) => 20_000 + index));
  await Promise.all(children.map((child) => child.end()));
  expect(await ledger.read()).toHaveLength(lifetime === 'runtime' ? 0 : 160);
});

test('a child of another process sees what this one wrote', async () => {
  const home = temporaryFolder();
  const ledger = await ledgerIn(home);
  const mine = record(5000, ledger.owner('runtime'));
  await ledger.change(({ write }) => write([mine]));
  expect(await runChild({ home }, 'read')).toEqual([mine]);
});
