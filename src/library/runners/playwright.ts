import '../../refuse-old-node.ts';
import { portsOfWorker, reserveForWorkers, type WorkerPortsOptions } from './worker-ports.ts';

export type { WorkerPortsOptions } from './worker-ports.ts';

const runner = 'playwright';

/**
 * A global setup that reserves ports for each worker, for as long as the run takes.
 *
 * @example
 * // ports.ts, in playwright.config.ts: globalSetup: './ports.ts'
 * export default portsForWorkers({ portsPerWorker: 20 });
 */
export const portsForWorkers =
  (options: WorkerPortsOptions = {}) =>
  (config?: { workers?: unknown }): Promise<() => Promise<void>> =>
    reserveForWorkers(options, { runner, env: process.env, workers: config?.workers });

/** The same with ten ports a worker: `globalSetup: require.resolve('portreservation/playwright')`. */
export default portsForWorkers();

/**
 * The ports of the worker that this test runs in: no other that runs at the same time has them. A worker that is
 * started in the place of one that failed has the same.
 *
 * @example
 * const [port] = workerPorts();
 * server.listen(port);
 */
export const workerPorts = (): readonly number[] =>
  portsOfWorker(Number(process.env.TEST_PARALLEL_INDEX), { runner, env: process.env });
