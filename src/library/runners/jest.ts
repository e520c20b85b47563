import '../../refuse-old-node.ts';
import { portsOfWorker, reserveForWorkers, type WorkerPortsOptions } from './worker-ports.ts';

export type { WorkerPortsOptions } from './worker-ports.ts';

const runner = 'jest';

/**
 * A global setup that reserves ports for each worker, until Jest ends.
 *
 * @example
 * // ports.js, in jest.config.js: globalSetup: './ports.js'
 * module.exports = portsForWorkers({ portsPerWorker: 20 });
 */
export const portsForWorkers =
  (options: WorkerPortsOptions = {}) =>
  async (config?: { maxWorkers?: unknown }): Promise<void> => {
    await reserveForWorkers(options, { runner, env: process.env, workers: config?.maxWorkers });
  };

/** The same with ten ports a worker: `globalSetup: 'portreservation/jest'`. */
export default portsForWorkers();

/**
 * The ports of the worker that this test file runs in: no other file that runs at the same time has them.
 *
 * @example
 * const [port] = workerPorts();
 * server.listen(port);
 */
export const workerPorts = (): readonly number[] =>
  portsOfWorker(Number(process.env.JEST_WORKER_ID) - 1, { runner, env: process.env });
