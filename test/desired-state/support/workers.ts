import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startWorker, type WorkerClient } from '../../../src/rpc/client/client.ts';
import { bundledProgram } from '../../support/bundled-program.ts';
import type { Namespace } from '../../support/namespace.ts';

const bundled = bundledProgram(join(import.meta.dirname, 'mortal-worker.ts'));

/** Starts a worker in the namespace, with a ledger that is the namespace's; it ends with the test. */
export async function startWorkerIn(
  { prefix }: Namespace,
  { home, killBefore }: { home: string; killBefore?: number },
): Promise<WorkerClient> {
  const command = [...prefix, process.execPath, await bundled(), '--stdio', '--provider', 'linux'];
  const kill = killBefore === undefined ? {} : { KILL_BEFORE: String(killBefore) };
  const env = { ...process.env, PORT_RESERVATION_HOME: home, ...kill };
  const worker = await startWorker({ command, env });
  onTestFinished(() => worker.close().catch(() => {}));
  return worker;
}
