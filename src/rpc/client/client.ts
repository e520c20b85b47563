import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  CancellationTokenSource,
  ConnectionError,
  createMessageConnection,
  ErrorCodes,
  type Message,
  type MessageConnection,
  ParameterStructures,
  ProgressType,
  ResponseError,
} from 'vscode-jsonrpc';
import { type Host, thisHost } from '../../host.ts';
import { packageFile } from '../../package-files.ts';
import { InvalidParamsError } from '../../protocol/errors.ts';
import {
  type ClientInfo,
  type InitializeResult,
  type Methods,
  type ProviderChoice,
  protocolVersion,
  type ReservationChangedParams,
  type WorkDoneProgress,
} from '../../protocol/generated/contract.ts';
import type { CallOptions, Progress } from '../../service/call-options.ts';
import { Fault } from '../wire/fault.ts';
import { FrameReader } from '../wire/frame-reader.ts';
import { FrameWriter } from '../wire/frame-writer.ts';
import '../wire/runtime.ts';
import type { Readable } from 'node:stream';
import { errorFromWorker } from '../wire/errors.ts';
import { WorkerError, workerEnded } from '../wire/worker-error.ts';

/** How a worker is started. */
export interface WorkerOptions {
  /**
   * A program and its arguments that lead to a worker's standard streams, on this machine or another:
   * `['ssh', 'build01', 'portreservation', 'serve', '--stdio']`. No shell takes part here. Default: the worker of this
   * package, on the Node that runs this.
   */
  command?: readonly string[];
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

/** What a call may be given besides its params: to be told of progress is for the methods that take a workDoneToken. */
export type RequestOptions<M extends keyof Methods> = 'workDoneToken' extends keyof Methods[M]['params']
  ? CallOptions
  : Omit<CallOptions, 'onProgress'> & { onProgress?: undefined };

/** Long lists make long answers; the worker's own limit is for what it is sent. */
const longestAnswer = 256 * 1024 * 1024;

/** How long `close` waits for a worker that does not end. */
const patience = 10_000;

/** How long what a worker wrote is waited for after its end. */
const lastWords = 1000;

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
  const { host = thisHost(), command, signal } = options;
  signal?.throwIfAborted();
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
  const { onReservationChanged } = options;
  const client = new WorkerClient(child, { command: command && program, onReservationChanged });
  const giveUp = () => child.kill('SIGKILL'); // it holds nothing yet
  signal?.addEventListener('abort', giveUp, { once: true });
  if (signal?.aborted) giveUp();
  try {
    client.server = await client.request('initialize', {
      protocolVersion,
      // Behind a command may be another machine, where this id is somebody else's.
      processId: command ? undefined : host.processId,
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

/** A running worker. Ended by `close()`, or at the end of an `await using` block: what it holds is free then. */
export class WorkerClient implements AsyncDisposable {
  /** What the worker said of itself: version, platform, provider, capabilities. */
  server!: InitializeResult;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #connection: MessageConnection;
  readonly #ended: Promise<void>;
  readonly #lastLines: LastLines;
  readonly #command: string | undefined;
  #failure: WorkerError | undefined;
  #lastToken = 0;
  #reason: string | undefined;
  #closing: Promise<void> | undefined;

  /** @internal Use startWorker. */
  constructor(
    child: ChildProcessWithoutNullStreams,
    { command, onReservationChanged }: { command?: string } & Pick<WorkerOptions, 'onReservationChanged'> = {},
  ) {
    this.#child = child;
    this.#command = command;
    this.#lastLines = new LastLines(child.stderr);
    this.#ended = new Promise((resolve) => {
      child.once('close', (exitCode, signal) => {
        const end = { exitCode, signal, lastLines: this.#lastLines.lines };
        this.#failure = workerEnded(end, { reason: this.#reason, command });
        this.#connection.dispose();
        resolve();
      });
    });
    // What the program has started may live on and keep its streams open.
    child.once('exit', () => setTimeout(() => this.#letGo(), lastWords).unref());
    child.on('error', () => {}); // a signal that could not be sent; its end tells more
    const reader = new FrameReader(child.stdout, { admit, refuse: (fault) => this.#refuse(fault) }, longestAnswer);
    this.#connection = createMessageConnection(reader, new FrameWriter(child.stdin));
    this.#connection.onError(() => this.#dismiss());
    this.#connection.onClose(() => this.#dismiss());
    if (onReservationChanged) this.#connection.onNotification('reservation/changed', onReservationChanged);
    this.#connection.listen();
  }

  /** The id of the process started here: the worker's, or that of the program that leads to it. */
  get processId(): number {
    return this.#child.pid!;
  }

  /**
   * Calls a method of the worker.
   *
   * @param options.signal cancels the call; the worker goes on
   * @param options.onProgress is told how far the call is; for the methods that take a workDoneToken
   * @throws InvalidParamsError, ServiceError as the service in this process would
   * @throws WorkerError when the worker is gone, or answers with another error
   */
  async request<M extends keyof Methods>(
    method: M,
    params: Methods[M]['params'],
    { signal, onProgress }: RequestOptions<M> = {},
  ): Promise<Methods[M]['result']> {
    signal?.throwIfAborted();
    const watch = onProgress && this.#watchProgress(onProgress);
    const source = new CancellationTokenSource();
    const cancel = () => source.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await this.#connection.sendRequest(
        method,
        ParameterStructures.byName,
        { ...params, ...watch?.params },
        source.token,
      );
    } catch (error) {
      if (isLocal(error)) await this.#ended;
      throw this.#failure ?? errorFromWorker(error, signal);
    } finally {
      signal?.removeEventListener('abort', cancel);
      watch?.dispose();
    }
  }

  /** What a call is given, and whom it is told, so that the worker tells of its progress. */
  #watchProgress(onProgress: (progress: Progress) => void) {
    const workDoneToken = ++this.#lastToken;
    let title = '';
    const { dispose } = this.#connection.onProgress(new ProgressType<WorkDoneProgress>(), workDoneToken, (value) => {
      if (value.kind === 'end') return;
      const { kind, ...progress } = value;
      title = progress.title ?? title;
      onProgress({ ...progress, title });
    });
    return { params: { workDoneToken }, dispose };
  }

  /** Ends the worker, which frees what it holds, and waits for its end. A second call waits as well. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), patience).unref();
    await this.request('shutdown', {}).catch(() => {});
    if (!this.#failure) await this.#connection.sendNotification('exit').catch(() => {});
    this.#dismiss();
    await this.#ended;
    clearTimeout(timer);
  }

  /** Lets the worker go: it ends with its input, and is ended if it does not. */
  #dismiss(): void {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), patience).unref();
    this.#ended.then(() => clearTimeout(timer));
  }

  #letGo(): void {
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream.destroy();
  }

  /** What it sent cannot be understood, so nothing that follows could be. */
  #refuse(fault: Fault): void {
    const begins = fault.received ? `, beginning with ${quoted(fault.received)}` : '';
    const advice =
      begins && this.#command ? ' Something on the way to the worker prints, such as a shell profile.' : '';
    this.#reason ??= `it sent what is not JSON-RPC${begins}. ${fault.message}${advice}`;
    if (this.#child.stdout.readableEnded) this.#dismiss();
    else this.#child.kill('SIGKILL');
  }
}

/** The beginning of what was received, on one line. */
const quoted = (bytes: Buffer) => {
  const text = bytes.toString('latin1', 0, 60).replace(/[^ -~]+/g, ' ');
  return JSON.stringify(text.trim());
};

function admit(value: unknown): Message {
  if ((value as Message | null)?.jsonrpc !== '2.0') throw new Fault('InvalidRequest', 'jsonrpc is not "2.0".');
  return value as Message;
}

/** Whether the call failed on this side of the wire: the worker is gone, or on its way. */
const isLocal = (error: unknown) =>
  error instanceof ConnectionError ||
  (error instanceof ResponseError &&
    (error.code === ErrorCodes.MessageWriteError || error.code === ErrorCodes.PendingResponseRejected));

const mostLines = 20;
const mostCharacters = 8192;

/** Reads a stream to its end and keeps its last lines. */
class LastLines {
  #text = '';

  constructor(stream: Readable) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      this.#text = (this.#text + chunk).slice(-mostCharacters);
    });
  }

  get lines(): string[] {
    return this.#text.split(/\r?\n/).filter(Boolean).slice(-mostLines);
  }
}
