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
  changingMethods,
  type Lifetime,
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
import { Flow, mostInFlight } from './flow.ts';
import { type Handlers, handlersFor } from './handlers.ts';
import type { Log } from './log.ts';
import '../wire/runtime.ts';
import { checkParams } from '../../protocol/check.ts';
import { within } from './patience.ts';
import { Session, type SessionOptions } from './session.ts';
import { weigh } from './weight.ts';
import { withProgress } from './work-done.ts';

/** What a connection is made of; it owns neither stream. */
export interface ConnectionOptions extends SessionOptions {
  input: Readable;
  output: Writable;
  log: Log;
  /** Loads what is else loaded at its first use; called when the first request has been served. */
  loadParts?: () => Promise<void>;
  /** Is waited for before each request is served. */
  beforeServing?: () => Promise<void>;
}

/** How long requests before the end of input have to be answered, in milliseconds. */
const graceAtEnd = 100;
/** How long answers wait at the end to be read. */
const patienceAtEnd = 2000;

/** What the params of several methods have. */
interface Common {
  workDoneToken?: ProgressToken;
  whatIf?: boolean;
  lifetime?: Lifetime;
}

/** A request that is being served. */
interface Served {
  controller: AbortController;
  /** What comes of it: nothing, something that ends with the worker, or something that outlives it. */
  effect: 'reads' | 'passes' | 'lasts';
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
  readonly #flow: Flow;
  readonly #served = new Set<Served>();
  readonly #gone = new AbortController();
  readonly #loadParts: () => Promise<void>;
  readonly #beforeServing: ConnectionOptions['beforeServing'];
  #parts: Promise<void> | undefined;
  #resolveEnded: (code: number) => void = () => {};
  #isEnding = false;
  /** Nothing is begun any more. */
  #isOver = false;

  constructor(options: ConnectionOptions) {
    const { input, output, log } = options;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#log = log;
    this.#loadParts = options.loadParts ?? (async () => {});
    this.#beforeServing = options.beforeServing;
    this.#session = new Session({
      ...options,
      drain: () => this.#drain(),
      tell: (name, params) => this.#tell(name, params),
      holder: clientHolder(() => this.#connection!, this.#gone.signal),
    });
    this.#handlers = handlersFor(this.#session);
    this.#admission = new Admission((message) => log.warn('a response that nobody waits for', { id: message.id }));
    this.#reader = new FrameReader(input, {
      weigh,
      mustWait: (value) => !this.#isOver && this.#isBusy && !this.#admission.isUrgent(value),
      admit: (value) => this.#admit(value),
      refuse: (fault) => this.#refuse(fault),
    });
    this.#writer = new FrameWriter(output, (message) => {
      const answer = this.#admission.release(message);
      this.#reader.resume();
      return answer;
    });
    this.#flow = new Flow(this.#writer, () => this.#reader.resume());
  }

  /** Begins to serve. */
  listen(): void {
    // A client that has gone before all was said to it is no failure; a stream that breaks is told of once, below.
    const log = (message: string) => this.#log[this.#writer.isOpen ? 'error' : 'debug'](message);
    this.#connection = createMessageConnection(this.#reader, this.#writer, { ...this.#log, log, error: log });
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

  /**
   * Ends the conversation: reads no more, and frees everything as soon as the requests being served are answered. After a
   * moment what is held is free, and what only reads is cancelled; after another, what would end with the worker. What
   * outlives it is carried through.
   */
  async end(code: () => number): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#reader.stop();
    await this.#session.opened();
    if (!(await within(graceAtEnd, this.#answered()))) await this.#insist();
    this.#gone.abort();
    await this.#session.close().catch((error) => this.#log.error('not everything was freed', { error }));
    if (!(await within(patienceAtEnd, this.#writer.flush()))) this.#log.warn('the last answers were not read');
    this.#resolveEnded(code());
  }

  async #insist(): Promise<void> {
    this.#isOver = true;
    this.#cancelThose('reads');
    this.#reader.resume();
    this.#gone.abort();
    await this.#session.letGo().catch((error) => this.#log.error('not everything was freed', { error }));
    if (await within(patienceAtEnd, this.#admission.idle())) return;
    this.#cancelThose('passes');
    await this.#admission.idle();
  }

  #cancelThose(effect: Served['effect']): void {
    for (const served of this.#served) if (served.effect === effect) served.controller.abort();
  }

  /** Cancels the requests being served. */
  cancel(): void {
    for (const { controller } of this.#served) controller.abort();
  }

  /** Whether as much is being served as can be. */
  get #isBusy(): boolean {
    return this.#flow.isFull || this.#admission.size >= mostInFlight;
  }

  /** Resolves when all that was received is answered. */
  async #answered(): Promise<void> {
    await this.#admission.idle();
    if (this.#reader.hasWaiting) await new Promise<void>(() => {}); // nobody reads the answers
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
    if (token.isCancellationRequested || this.#isOver) controller.abort();
    token.onCancellationRequested(() => controller.abort());
    const served: Served = { controller, effect: 'reads' };
    this.#served.add(served);
    try {
      this.#session.begin(method);
      if (!isMethod(method)) throw new Fault('MethodNotFound', `There is no method ${quoted(method)}.`);
      signal.throwIfAborted();
      const call = () => this.#call(method, params, served);
      return method === 'shutdown' ? await call() : await this.#flow.serve(call, signal);
    } catch (error) {
      const answer = answerError(error, signal);
      if (answer) throw new ResponseError(answer.code, answer.message, await this.#spoken(answer.data));
      this.#log.error(`${method} failed`, { error });
      throw new ResponseError(
        errorCodes.InternalError,
        `${method} failed, by a fault of the worker: ${messageOf(error)}`,
      );
    } finally {
      this.#served.delete(served);
      this.#parts ??= this.#loadParts();
    }
  }

  async #call<M extends keyof Methods>(method: M, params: unknown, served: Served): Promise<Methods[M]['result']> {
    await this.#parts;
    await this.#beforeServing?.();
    const checked: Methods[M]['params'] & Common = checkParams(method, params);
    served.effect = effectOf(method, checked);
    const options: CallOptions = { signal: served.controller.signal };
    const token = checked.workDoneToken;
    const tell = (value: WorkDoneProgress) => void this.#tell('$/progress', { token: token!, value });
    const result = await withProgress(token, tell, (more) => this.#handlers[method](checked, { ...options, ...more }));
    return this.#spoken(result);
  }

  /** What is sent, with what is to be done in the dialect that the client asked for. */
  async #spoken<T>(value: T): Promise<T> {
    const { dialect } = this.#session;
    return dialect === undefined ? value : (await import('../../dialects/speak.ts')).spoken(value, dialect);
  }

  /** Sends a notification; one that cannot be sent is lost with the conversation. */
  async #tell<N extends keyof Notifications>(name: N, params: Notifications[N]): Promise<void> {
    if (name === '$/progress' && this.#flow.isFull) return;
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

function effectOf(method: keyof Methods, { whatIf, lifetime }: Common): Served['effect'] {
  if (whatIf || !(changingMethods as readonly string[]).includes(method)) return 'reads';
  return method === 'reservation/create' && lifetime !== 'persistent' ? 'passes' : 'lasts';
}

const isExit = (message: Message | undefined) => Message.isNotification(message) && message.method === 'exit';

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

const quoted = (method: string) => JSON.stringify(method.length > 60 ? `${method.slice(0, 60)}...` : method);
