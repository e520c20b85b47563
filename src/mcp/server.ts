import type { Readable, Writable } from 'node:stream';
import type { Host } from '../host.ts';
import type { ServiceOptions } from '../open-service.ts';
import { ServiceError } from '../protocol/errors.ts';
import type { ProviderChoice } from '../protocol/generated/contract.ts';
import type { Log } from '../rpc/server/log.ts';
import type { PortService } from '../service/port-service.ts';
import { failureText } from './hints.ts';
import { LineWriter, readLines } from './lines.ts';
import { errorCodes, idOf, incoming, ProtocolError, type RequestId } from './messages.ts';
import { Session } from './session.ts';
import type { Toolbox } from './toolbox.ts';

/** What a server needs of the process it runs in. */
export interface ServerOptions {
  input: Readable;
  output: Writable;
  log: Log;
  provider: ProviderChoice;
  host: Host;
  openService: (options: ServiceOptions) => Promise<PortService>;
}

/** Speaks the Model Context Protocol on a pair of streams. What it has reserved is free when it ends. */
export class McpServer {
  /** Settles when the client has gone, or `end` was called, and nothing is held any more. */
  readonly ended: Promise<void>;
  readonly #options: ServerOptions;
  readonly #writer: LineWriter;
  readonly #session: Session;
  readonly #serving = new Set<Promise<void>>();
  #service: Promise<PortService> | undefined;
  #toolbox: Promise<Toolbox> | undefined;
  #end: () => void = () => {};

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#writer = new LineWriter(options.output, options.input);
    this.#session = new Session({
      service: () => this.#openService(),
      toolbox: () => this.#openToolbox(),
      notify: (method, params) => this.#writer.write({ jsonrpc: '2.0', method, params }),
      onTrouble: (error) => options.log.warn('changes of the reservations may be missed', { error }),
    });
    this.ended = new Promise<void>((resolve) => {
      this.#end = resolve;
    }).then(() => this.#close());
  }

  listen(): void {
    readLines(this.#options.input, {
      onLine: (line) => this.#hear(line),
      onTooLong: () => {
        const fault = new ProtocolError('InvalidRequest', 'A message is longer than 1 MiB.');
        void this.#writer.write(this.#refusal(null, fault));
      },
      onEnd: () => this.end(),
    });
    // Nobody reads any more.
    this.#options.output.on('error', () => this.end());
  }

  /** Cancels what is under way, frees what is held. A second call does nothing. */
  end(): void {
    this.#end();
  }

  #hear(line: string): void {
    const served = this.#reply(line).then((reply) => {
      if (reply) void this.#writer.write(reply);
    });
    this.#serving.add(served);
    served.finally(() => this.#serving.delete(served));
  }

  /** What is to be written in answer to a line. Several messages in one were allowed for a while. */
  async #reply(line: string): Promise<object | undefined> {
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      return this.#refusal(null, new ProtocolError('ParseError', 'This is not JSON.'));
    }
    if (!Array.isArray(message) || message.length === 0) return this.#answer(message);
    const answers = (await Promise.all(message.map((one) => this.#answer(one)))).filter((one) => one !== undefined);
    return answers.length > 0 ? answers : undefined;
  }

  async #answer(message: unknown): Promise<object | undefined> {
    try {
      const known = incoming(message);
      if (known?.id !== undefined) return await this.#serve({ ...known, id: known.id });
      if (known) this.#session.hear(known);
      return undefined;
    } catch (error) {
      return this.#refusal(idOf(message), error);
    }
  }

  async #serve(request: Parameters<Session['serve']>[0]): Promise<object | undefined> {
    const result = await this.#session.serve(request);
    return result && { jsonrpc: '2.0', id: request.id, result };
  }

  #refusal(id: RequestId | null, error: unknown): object {
    return { jsonrpc: '2.0', id, error: this.#errorOf(error) };
  }

  #errorOf(error: unknown): object {
    if (error instanceof ProtocolError) {
      return { code: error.code, message: error.message, ...(error.data && { data: error.data }) };
    }
    if (error instanceof ServiceError) {
      const { errorName, facts } = error;
      const data = { name: errorName, ...(facts.target !== undefined && { target: facts.target }) };
      return { code: errorCodes.InternalError, message: failureText(error), data };
    }
    this.#options.log.error('a request failed', { error });
    return { code: errorCodes.InternalError, message: 'The server failed; its standard error says why.' };
  }

  /** Opened by the first call that needs it; an open that failed is tried again by the next. */
  #openService(): Promise<PortService> {
    const { openService, provider, host } = this.#options;
    this.#service ??= openService({ provider, host }).catch((error) => {
      this.#service = undefined;
      throw error;
    });
    return this.#service;
  }

  #openToolbox(): Promise<Toolbox> {
    this.#toolbox ??= this.#makeToolbox().catch((error) => {
      this.#toolbox = undefined;
      throw error;
    });
    return this.#toolbox;
  }

  async #makeToolbox(): Promise<Toolbox> {
    const service = await this.#openService();
    const parts = await Promise.all([
      import('./toolbox.ts'),
      import('./folder-ports.ts'),
      import('./pins.ts'),
      import('./port-desk.ts'),
    ]);
    const [{ toolbox }, { FolderPorts }, { Pins }, { deskOf }] = parts;
    const desk = deskOf(service);
    return toolbox(service, desk, new FolderPorts(desk, new Pins(this.#options.host)));
  }

  async #close(): Promise<void> {
    this.#session.cancel();
    await Promise.allSettled(this.#serving);
    const service = await this.#service?.catch(() => undefined);
    await service?.close();
  }
}
