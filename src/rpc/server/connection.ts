import type { Readable, Writable } from 'node:stream';
import {
  type CancellationToken,
  createMessageConnection,
  Message,
  type MessageConnection,
  ParameterStructures,
  ResponseError,
  type ResponseMessage,
} from 'vscode-jsonrpc';
import {
  type Methods,
  methodNames,
  type Notifications,
  type ProgressToken,
  type WorkDoneProgress,
} from '../../protocol/generated/contract.ts';
import type { CallOptions } from '../../service/call-options.ts';
import { answerError } from '../wire/errors.ts';
import { errorCodes, Fault } from '../wire/fault.ts';
import { FrameReader } from '../wire/frame-reader.ts';
import { FrameWriter } from '../wire/frame-writer.ts';
import { Admission } from './admission.ts';
import { clientHolder } from './client-holder.ts';
import { type Handlers, handlersFor } from './handlers.ts';
import type { Log } from './log.ts';
import '../wire/runtime.ts';
import { checkParams } from '../../protocol/check.ts';
import { Session, type SessionOptions } from './session.ts';
import { weigh } from './weight.ts';
import { withProgress } from './work-done.ts';

/** What a connection is made of; it owns neither stream. */
export interface ConnectionOptions extends SessionOptions {
  input: Readable;
  output: Writable;
  log: Log;
}

/** One conversation: reads requests, serves them, and ends once, with the exit code its end deserves. */
export class Connection {
  /** Resolves with the exit code when all answers are written and all that was held is free. */
  readonly ended: Promise<number>;
  readonly #log: Log;
  readonly #session: Session;
  readonly #handlers: Handlers;
  readonly #admission: Admission;
  readonly #reader: FrameReader;
  readonly #writer: FrameWriter;
  #connection: MessageConnection | undefined;
  readonly #running = new Set<AbortController>();
  #resolveEnded: (code: number) => void = () => {};
  #isEnding = false;

  constructor(options: ConnectionOptions) {
    const { input, output, log } = options;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#log = log;
    this.#session = new Session({
      ...options,
      drain: () => this.#drain(),
      tell: (name, params) => this.#tell(name, params),
      holder: clientHolder(() => this.#connection!),
    });
    this.#handlers = handlersFor(this.#session);
    this.#admission = new Admission((message) => log.warn('a response that nobody waits for', { id: message.id }));
    this.#reader = new FrameReader(input, {
      weigh,
      admit: (value) => this.#admit(value),
      refuse: (fault) => this.#refuse(fault),
    });
    this.#writer = new FrameWriter(output, (message) => this.#admission.release(message));
  }

  /** Begins to serve. */
  listen(): void {
    const log = (message: string) => this.#log.error(message);
    this.#connection = createMessageConnection(this.#reader, this.#writer, { ...this.#log, log });
    const connection = this.#connection;
    connection.onRequest((method, params, token) => this.#serve(method, params, token));
    connection.onUnhandledNotification(({ method }) => {
      // Those of $/ may be ignored by their own rule.
      if (!method.startsWith('$/')) this.#log.info(`ignored the notification ${quoted(method)}, which nobody knows`);
    });
    connection.onNotification('initialized', () => {});
    connection.onClose(() => this.end(() => 0));
    connection.onError(([error]) => {
      this.#log.warn('the connection broke', { error });
      this.cancel();
      this.end(() => 1);
    });
    connection.listen();
  }

  /** Ends the conversation: reads no more, waits for the requests being served, frees everything. */
  async end(code: () => number): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#reader.stop();
    await this.#admission.idle();
    await this.#session.close().catch((error) => this.#log.error('not everything was freed', { error }));
    await this.#writer.flush();
    this.#resolveEnded(code());
  }

  /** Cancels the requests being served. */
  cancel(): void {
    for (const controller of this.#running) controller.abort();
  }

  #admit(value: unknown): Message | undefined {
    const message = this.#admission.admit(value);
    if (!isExit(message)) return message;
    // Taken here and not in its turn, so that an end of input right behind it does not overtake it.
    this.cancel();
    this.end(() => (this.#session.isShutDown ? 0 : 1));
    return undefined;
  }

  #refuse({ code, message, id, isFatal }: Fault): void {
    this.#log.warn(message);
    const answer: ResponseMessage = { jsonrpc: '2.0', id, error: { code, message } };
    this.#writer.send(answer).catch(() => {});
    if (isFatal) this.end(() => 1);
  }

  async #serve(method: string, params: unknown, token: CancellationToken): Promise<unknown> {
    const controller = new AbortController();
    const { signal } = controller;
    if (token.isCancellationRequested) controller.abort();
    token.onCancellationRequested(() => controller.abort());
    this.#running.add(controller);
    try {
      this.#session.begin(method);
      if (!isMethod(method)) throw new Fault('MethodNotFound', `There is no method ${quoted(method)}.`);
      signal.throwIfAborted();
      return await this.#call(method, params, { signal });
    } catch (error) {
      const answer = answerError(error, signal);
      if (answer) throw answer;
      this.#log.error(`${method} failed`, { error });
      throw new ResponseError(
        errorCodes.InternalError,
        `${method} failed, by a fault of the worker: ${messageOf(error)}`,
      );
    } finally {
      this.#running.delete(controller);
    }
  }

  async #call<M extends keyof Methods>(
    method: M,
    params: unknown,
    options: CallOptions,
  ): Promise<Methods[M]['result']> {
    const checked: Methods[M]['params'] & { workDoneToken?: ProgressToken } = checkParams(method, params);
    const token = checked.workDoneToken;
    const tell = (value: WorkDoneProgress) => void this.#tell('$/progress', { token: token!, value });
    return withProgress(token, tell, (more) => this.#handlers[method](checked, { ...options, ...more }));
  }

  /** Sends a notification; one that cannot be sent is lost with the conversation. */
  async #tell<N extends keyof Notifications>(name: N, params: Notifications[N]): Promise<void> {
    try {
      await this.#connection!.sendNotification(name, ParameterStructures.byName, params);
    } catch (error) {
      this.#log.debug('a notification could not be sent', { name, error });
    }
  }

  async #drain(): Promise<void> {
    this.cancel();
    await this.#admission.idle(1);
  }
}

const isMethod = (method: string): method is keyof Methods => (methodNames as readonly string[]).includes(method);

const isExit = (message: Message | undefined) => Message.isNotification(message) && message.method === 'exit';

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

const quoted = (method: string) => JSON.stringify(method.length > 60 ? `${method.slice(0, 60)}...` : method);
