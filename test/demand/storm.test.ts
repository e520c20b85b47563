import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { byAddress, byFind, byGetPort, runStorm } from '../../bench/storm.ts';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { ownHome } from '../support/worker.ts';
import { startTree } from './support.ts';

useOwnNetwork();

const library = pathToFileURL(join(import.meta.dirname, '../../dist/lib/index.js')).href;
const size = { processes: 16, ports: 10, rounds: 8 };
const clean = { picked: 1280, duplicates: 0, lost: 0, failed: 0 };

test.skipIf(process.platform === 'win32')(
  'in a storm 16 processes that ask exec for 10 ports each, 8 times, all get their own, and lose none (skipped on Windows)',
  async () => {
    const { env, portserver } = await startTree();
    expect(await runStorm(byAddress, size, { ...env, PORTSERVER_ADDRESS: portserver })).toMatchObject(clean);
  },
);

test.each([
  ['find', byFind(library)],
  ['getPort', byGetPort(library)],
])('so do those that use %s, and bind what they got', async (_, pick) => {
  expect(await runStorm(pick, size, ownHome(onTestFinished))).toMatchObject(clean);
});
