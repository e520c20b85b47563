import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { portreservation } from '../cli/support.ts';
import { temporaryFolder } from '../ledger/support/homes.ts';
import { straceMissing } from '../ledger/support/strace.ts';
import { noNamespaces, openNamespace } from '../support/namespace.ts';
import { ownHome } from '../support/worker.ts';

const lacking = noNamespaces ?? straceMissing;

/** How many files an apply of so many new reservations opens. */
async function opened(items: number): Promise<number> {
  const { run } = await openNamespace();
  const log = join(temporaryFolder(), 'log');
  const reservations = Array.from({ length: items }, (_, index) => ({
    protocol: ['tcp', 'udp'],
    startPort: 21_000 + 2 * index,
  }));
  const document = JSON.stringify({ name: 'many', reservations });
  const { PORT_RESERVATION_HOME: home } = ownHome(onTestFinished);
  const command = ['strace', '-f', '-qq', '-e', 'trace=open,openat', '-o', log, process.execPath, portreservation];
  const words = [...command, 'apply', '-', '--format', 'json', '--json'].map((word) => `'${word}'`).join(' ');
  const { failed } = JSON.parse(await run(`echo '${document}' | PORT_RESERVATION_HOME='${home}' ${words}`));
  expect(failed).toBe(0);
  return readFileSync(log, 'utf8').split('\n').length;
}

test.skipIf(lacking)(
  `three hundred items open no more files than ten${lacking ? ` (skipped: ${lacking})` : ''}`,
  async () => {
    const few = await opened(10);
    // Those of the threads that read and write files are opened in another order, and a line is cut where one is resumed.
    expect(await opened(300)).toBeLessThan(few + 40);
  },
);
