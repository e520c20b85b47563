import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ledgerIn, temporaryFolder } from './support/homes.ts';
import { record, startPorts } from './support/records.ts';
import { startChild } from './support/run-child.ts';

test('a worker killed at any step of its own records leaves nothing, and the lock free', {
  timeout: 300_000,
}, async () => {
  const seen = new Set<string>();
  for (let call = 1; ; call++) {
    const home = join(temporaryFolder(), 'home');
    const child = await startChild({ home }, 'killed at', `${call}`);
    const said = await child.next();
    if (said === 'done') {
      await child.end();
      expect(readdirSync(home).sort()).toEqual(['ledger.lock', 'runtime']);
      break;
    }
    expect(await child.ended, `${call}: ${child.stderr()}`).toBe('SIGKILL');
    const runtime = join(home, 'runtime');
    const ledger = await ledgerIn(home, { patience: 0 });
    expect(await ledger.read(), `${call}`).toEqual([]);
    await ledger.change(({ own, write }) => write([...own, record(6000, ledger.owner('runtime'))]));
    expect(startPorts(await ledger.read())).toEqual([6000]);
    const left = readdirSync(runtime);
    seen.add(`${left.length}`);
    expect(left, `${call}`).toHaveLength(2);
    ledger.close();
    expect(readdirSync(runtime)).toEqual([]);
  }
  expect(seen.size).toBe(1);
});
