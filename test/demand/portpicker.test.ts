import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { portreservation, start } from '../cli/support.ts';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { ownHome } from '../support/worker.ts';

// Tests beside this one have ledgers of their own, and are given what nothing holds here.
useOwnNetwork();

const python = ['python3', '/usr/bin/python3'].find(
  (program) => spawnSync(program, ['-c', 'import portpicker']).status === 0,
);
const lacking = python ? '' : ' (skipped: no portpicker for Python)';

async function run(env: NodeJS.ProcessEnv, ...words: string[]): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [portreservation, 'exec', '--quiet', '--', ...words], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGTERM'));
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { code, said };
}

test.skipIf(lacking)(
  `2,000 picks of unmodified portpicker in a storm are all different, and none is lost${lacking}`,
  async () => {
    const storm = join(import.meta.dirname, 'storm.py');
    const { code, said } = await run(ownHome(onTestFinished), python!, storm, '16', '125');
    expect(code).toBe(0);
    expect(JSON.parse(said)).toEqual({ picked: 2000, different: 2000, lost: 0 });
  },
);

test.skipIf(lacking)(`two trees at once are given different ports${lacking}`, async () => {
  const env = ownHome(onTestFinished);
  const script = `import portpicker, signal; print(" ".join(str(portpicker.pick_unused_port()) for _ in range(200)), flush=True); signal.pause()`;
  const trees = [0, 1].map(() => start(['exec', '--quiet', '--', python!, '-c', script], { env }));
  const said = await Promise.all(trees.map(({ line }) => line(/^([\d ]+)\n/m)));
  expect(new Set(said.flatMap(([, ports]) => ports!.split(' '))).size).toBe(400);
});
