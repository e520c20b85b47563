import { expect, onTestFinished, test } from 'vitest';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { ownHome, workerFile } from '../support/worker.ts';
import { drive } from './drive.ts';

useOwnNetwork();

/** Long runs: `npm run fuzz -- --frames 1000000`. The last seed is another each day. */
test.each([1, 2, Math.floor(Date.now() / 86_400_000)])(
  'every frame is answered as it must be, and the worker stays small (seed %i)',
  async (seed) => {
    const outcome = await drive({ worker: workerFile, env: ownHome(onTestFinished), frames: 1500, seed });
    expect(outcome.faults).toEqual([]);
    expect(outcome.frames).toBe(1500);
    for (const code of [0, -32700, -32600, -32601, -32602]) expect(outcome.codes[code], `${code}`).toBeGreaterThan(10);
    expect(outcome.memory).toBeLessThan(600 * 1024 * 1024);
  },
);
