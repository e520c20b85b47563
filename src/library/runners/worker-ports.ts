// By its name alone: an import that Node 16 does not have ends the library before it can say why.
import * as os from 'node:os';

/* Ports for the workers of a test run: reserved once where the run is started, told to the workers by the environment. */

/** What the workers of a run are given. */
export interface WorkerPortsOptions {
  /** How many ports each worker has. Default 10. */
  portsPerWorker?: number;
  /** How many workers there are at once. Default: as many as the runner says. */
  workers?: number;
  /** Several: the same port numbers in each of them. Default `tcp`. */
  protocol?: 'tcp' | 'udp' | readonly ('tcp' | 'udp')[];
  /**
   * What holds the ports. Default `yield`: servers listen on them as on any port. `strict` keeps everybody out but
   * servers that listen by `listenOn`.
   */
  hold?: 'yield' | 'strict';
  /** The name of the reservation. Default: the runner's. */
  name?: string;
}

interface Blocks {
  startPort: number;
  portsPerWorker: number;
  workers: number;
}

type Environment = Record<string, string | undefined>;

const variable = 'PORT_RESERVATION_WORKERS';
const usualPorts = 10;

const held = new Map<string, { release(): Promise<void>; blocks: Blocks; uses: number }>();

/**
 * Reserves the ports of all workers, and says so in the environment that they will have.
 * @returns what frees them; the end of the process does, too
 */
export async function reserveForWorkers(
  options: WorkerPortsOptions,
  { runner, env, workers: asMany }: { runner: string; env: Environment; workers: unknown },
): Promise<() => Promise<void>> {
  const { portsPerWorker = usualPorts, protocol = 'tcp', hold = 'yield', name = runner } = options;
  const workers = options.workers ?? (Number.isInteger(asMany) ? (asMany as number) : os.availableParallelism());
  for (const [field, value] of Object.entries({ portsPerWorker, workers })) {
    if (!Number.isInteger(value) || value < 1) throw new TypeError(`${field} must be a whole number, 1 or more.`);
  }
  // The projects of a run, and the runs of a watch, share theirs.
  const key = JSON.stringify([portsPerWorker, workers, protocol, hold, name]);
  let own = held.get(key);
  if (!own) {
    const { reserve } = await import('../../index.ts');
    const block = await reserve({ protocol, numberOfPorts: workers * portsPerWorker, hold, name });
    const blocks = { startPort: block.ports[0]!, portsPerWorker, workers };
    own = { release: () => block.release(), blocks, uses: 0 };
    held.set(key, own);
  }
  const { blocks, release } = own;
  own.uses++;
  env[variable] = JSON.stringify(blocks);
  return async () => {
    if (--own.uses > 0) return;
    held.delete(key);
    await release();
  };
}

/**
 * The ports of one worker.
 * @param number counted from 0
 * @throws Error where none were reserved for it
 */
export function portsOfWorker(
  number: number,
  { runner, env }: { runner: string; env: Environment },
): readonly number[] {
  const text = env[variable];
  if (text === undefined) {
    throw new Error(
      `No ports are reserved for this run: add globalSetup: 'portreservation/${runner}' to its configuration.`,
    );
  }
  const { startPort, portsPerWorker, workers } = JSON.parse(text) as Blocks;
  if (!Number.isInteger(number) || number < 0) throw new Error(`This is no worker of ${runner}.`);
  if (number >= workers) {
    throw new Error(
      `Ports are reserved for ${workers} workers, and this is number ${number + 1}: say \`workers\` to portsForWorkers.`,
    );
  }
  const first = startPort + number * portsPerWorker;
  return Array.from({ length: portsPerWorker }, (_, index) => first + index);
}
