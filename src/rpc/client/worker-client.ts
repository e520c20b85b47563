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
import type {
  InitializeResult,
  Methods,
  ReservationChangedParams,
  WorkDoneProgress,
} from '../../protocol/generated/contract.ts';
import type { CallOptions, Progress } from '../../service/call-options.ts';
import { Fault } from '../wire/fault.ts';
import { FrameReader } from '../wire/frame-reader.ts';
import { FrameWriter } from '../wire/frame-writer.ts';
import '../wire/runtime.ts';
import type { Readable, Writable } from 'node:stream';
import { errorFromWorker } from '../wire/errors.ts';
import { type WorkerError, workerEnded } from '../wire/worker-error.ts';

/** What a call may be given besides its params: to be told of progress is for the methods that take a workDoneToken. */
export type RequestOptions<M extends keyof Methods> = 'workDoneToken' extends keyof Methods[M]['params']
  ? CallOptions
  : Omit<CallOptions, 'onProgress'> & { onProgress?: undefined };

/** A worker as its client has it: a program that was started, or a connection to one. */
export interface WorkerStreams {
  /** Of the program; undefined of a connection. */
  readonly pid?: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  once(event: 'close', listener: (exitCode: number | null, signal: NodeJS.Signals | null) => void): unknown;
  once(event: 'exit', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  kill(signal?: NodeJS.Signals): boolean;
  ref(): unknown;
  unref(): unknown;
}

/** What a client is told besides. */
export interface ClientOptions {
  /** The program that leads to the worker, or the address where it serves. */
  way?: { command: string } | { address: string } | undefined;
  onReservationChanged?: ((change: ReservationChangedParams) => void) | undefined;
}

/** Long lists make long answers; the worker's own limit is for what it is sent. */
const longestAnswer = 256 * 1024 * 1024;

/** How long `close` waits for a worker that does not end. */
const patience = 10_000;

/** How long what a worker wrote is waited for after its end. */
const lastWords = 1000;

/** A running worker. Ended by `close()`, or at the end of an `await using` block: what it holds is free then. */
export class WorkerClient implements AsyncDisposable {
  /** What the worker said of itself: version, platform, provider, capabilities. */
  server!: InitializeResult;
  readonly #child: WorkerStreams;
  readonly #connection: MessageConnection;
  readonly #ended: Promise<void>;
  readonly #lastLines: LastLines;
  readonly #way: ClientOptions['way'];
  #failure: WorkerError | undefined;
  #lastToken = 0;
  #reason: string | undefined;
  #closing: Promise<void> | undefined;

  /** @internal Use startWorker. */
  constructor(child: WorkerStreams, { way, onReservationChanged }: ClientOptions = {}) {
    this.#child = child;
    this.#way = way;
    this.#lastLines = new LastLines(child.stderr);
    this.#ended = new Promise((resolve) => {
      child.once('close', (exitCode, signal) => {
        const end = { exitCode, signal, lastLines: this.#lastLines.lines };
        this.#failure = workerEnded(end, { reason: this.#reason, ...way });
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

  /** The id of the process started here: the worker's, or that of the program that leads to it; 0 where none was. */
  get processId(): number {
    return this.#child.pid ?? 0;
  }

  /** Keeps this process from its end as long as the worker is there, as it does from the start. */
  ref(): void {
    for (const handle of this.#handles()) handle.ref?.();
  }

  /** Lets this process end, where nothing else keeps it; what the worker holds is free then. */
  unref(): void {
    for (const handle of this.#handles()) handle.unref?.();
  }

  #handles(): Partial<Pick<WorkerStreams, 'ref' | 'unref'>>[] {
    const { stdin, stdout, stderr } = this.#child;
    return [this.#child, ...([stdin, stdout, stderr] as Partial<Pick<WorkerStreams, 'ref' | 'unref'>>[])];
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
    const advice = begins && this.#way ? ' Something on the way to the worker prints, such as a shell profile.' : '';
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
