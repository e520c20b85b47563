import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Host, thisHost } from '../../host.ts';
import { packageFile } from '../../package-files.ts';
import { InvalidParamsError } from '../../protocol/errors.ts';
import {
  type ClientInfo,
  type ProviderChoice,
  protocolVersion,
  type ReservationChangedParams,
} from '../../protocol/generated/contract.ts';
import { WorkerError } from '../wire/worker-error.ts';
import { connectTo } from './socket-worker.ts';
import { WorkerClient, type WorkerStreams } from './worker-client.ts';

export type { RequestOptions, WorkerClient } from './worker-client.ts';

/** How a worker is started. */
export interface WorkerOptions {
  /**
   * A program and its arguments that lead to a worker's standard streams, on this machine or another:
   * `['ssh', 'build01', 'portreservation', 'serve', '--stdio']`. No shell takes part here. Default: the worker of this
   * package, on the Node that runs this.
   */
  command?: readonly string[];
  /**
   * Where a worker listens: `portreservation serve --listen`, or exec around this process. What is reserved ends with the
   * connection. Default: what PORT_RESERVATION_ADDRESS of the environment says, if somebody is there; an empty text: none.
   */
  address?: string;
  /** How reservations are carried out. Default `auto`. */
  provider?: ProviderChoice;
  /** The environment of the worker, or of the program that leads to it. Default: this process's own. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Who is calling, for the worker's log. */
  clientInfo?: ClientInfo;
  /**
   * Is told of every change of the reservations after the worker has started: by this client, by others, and within about
   * a second by the death of their worker.
   */
  onReservationChanged?: (change: ReservationChangedParams) => void;
  /** Gives up the start: a program on the way may wait for ever. */
  signal?: AbortSignal;
  /** The process the client runs in; for tests. */
  host?: Host;
}

/**
 * Starts a worker and opens the conversation with it.
 *
 * @throws InvalidParamsError when `command` is empty
 * @throws WorkerError when it cannot be started or ends at once
 * @throws the reason of `signal` when it is given up
 * @throws ServiceError NotSupported when the provider does not run on this system, or the worker is of another version
 *
 * @example
 * await using worker = await startWorker({ provider: 'ledger' });
 * const { range, token } = await worker.request('reservation/create', { protocol: 'tcp', numberOfPorts: 10 });
 */
export async function startWorker(options: WorkerOptions = {}): Promise<WorkerClient> {
  const { host = thisHost(), command, address, signal } = options;
  signal?.throwIfAborted();
  if (address !== undefined && command)
    throw new InvalidParamsError([{ field: 'address', message: 'goes without command' }]);
  const listening = address ?? (options.env ?? host.env).PORT_RESERVATION_ADDRESS;
  if (listening && !command) {
    const client = await joinWorker(listening, options, host).catch((error) => {
      if (address || signal?.aborted) throw error;
    });
    if (client) return client;
    if (address) throw new WorkerError(`No worker serves this user at ${address}.`);
  }
  const [program, ...args] = command ?? [
    host.execPath,
    packageFile('dist/PortReservation/worker/worker.mjs'),
    '--stdio',
  ];
  if (!program) throw new InvalidParamsError([{ field: 'command', message: 'must begin with the name of a program' }]);
  const child = spawn(program, args, { env: { ...(options.env ?? host.env) }, windowsHide: true });
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new WorkerError(`The worker cannot be started: ${(cause as Error).message}`, { cause });
  }
  return initialized(child, options, host, command && { command: program });
}

/** Joins a worker that listens; undefined where nobody serves this user there. */
export async function joinWorker(
  address: string,
  options: WorkerOptions = {},
  host: Host = thisHost(),
): Promise<WorkerClient | undefined> {
  const streams = await connectTo(address);
  return streams && initialized(streams, options, host, { address });
}

/** Opens the conversation. */
async function initialized(
  child: WorkerStreams,
  { onReservationChanged, signal, ...options }: WorkerOptions,
  host: Host,
  way: { command: string } | { address: string } | undefined,
): Promise<WorkerClient> {
  const client = new WorkerClient(child, { way, onReservationChanged });
  const giveUp = () => child.kill('SIGKILL'); // it holds nothing yet
  signal?.addEventListener('abort', giveUp, { once: true });
  if (signal?.aborted) giveUp();
  try {
    client.server = await client.request('initialize', {
      protocolVersion,
      // Behind a command may be another machine, where this id is somebody else's.
      processId: options.command ? undefined : host.processId,
      provider: options.provider,
      clientInfo: options.clientInfo,
      ...(onReservationChanged && { capabilities: { reservationChanged: true } }),
    });
    signal?.throwIfAborted();
  } catch (error) {
    await client.close();
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
  return client;
}
