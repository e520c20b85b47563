import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, onTestFinished } from 'vitest';
import { startWorker, type WorkerClient } from '../../../src/rpc/client.ts';
import type { Namespace } from '../../support/namespace.ts';

const file = join(import.meta.dirname, `../../../build/test/mortal-worker-${process.pid}.mjs`);
let bundled: Promise<unknown> | undefined;
afterAll(() => rmSync(file, { force: true }));

/** Bundled in the project, so that it finds its packages there. */
function bundle(): Promise<unknown> {
  bundled ??= build({
    entryPoints: [join(import.meta.dirname, 'mortal-worker.ts')],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
  return bundled;
}

/** Starts a worker in the namespace, with a ledger that is the namespace's; it ends with the test. */
export async function startWorkerIn(
  { prefix }: Namespace,
  { home, killBefore }: { home: string; killBefore?: number },
): Promise<WorkerClient> {
  await bundle();
  const command = [...prefix, process.execPath, file, '--stdio', '--provider', 'linux'];
  const kill = killBefore === undefined ? {} : { KILL_BEFORE: String(killBefore) };
  const env = { ...process.env, PORT_RESERVATION_HOME: home, ...kill };
  const worker = await startWorker({ command, env });
  onTestFinished(() => worker.close().catch(() => {}));
  return worker;
}
