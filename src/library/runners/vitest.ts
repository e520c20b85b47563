import '../../refuse-old-node.ts';
import { portsOfWorker, reserveForWorkers, type WorkerPortsOptions } from './worker-ports.ts';

export type { WorkerPortsOptions } from './worker-ports.ts';

const runner = 'vitest';

/** What Vitest gives a global setup, as far as it is looked at. */
interface Project {
  vitest?: { config?: { maxWorkers?: unknown } };
  config?: { maxWorkers?: unknown };
}

/**
 * A global setup that reserves ports for each worker, for as long as the run takes.
 *
 * @example
 * // ports.ts, in vitest.config.ts: globalSetup: ['./ports.ts']
 * export default portsForWorkers({ portsPerWorker: 20 });
 */
export const portsForWorkers =
  (options: WorkerPortsOptions = {}) =>
  (project?: Project): Promise<() => Promise<void>> => {
    const workers = project?.vitest?.config?.maxWorkers ?? project?.config?.maxWorkers;
    return reserveForWorkers(options, { runner, env: process.env, workers });
  };

/** The same with ten ports a worker: `globalSetup: ['portreservation/vitest']`. */
export default portsForWorkers();

/**
 * The ports of the worker that this test file runs in: no other file that runs at the same time has them.
 *
 * @example
 * const [port] = workerPorts();
 * server.listen(port);
 */
export const workerPorts = (): readonly number[] =>
  portsOfWorker(Number(process.env.VITEST_POOL_ID) - 1, { runner, env: process.env });
