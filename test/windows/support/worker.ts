import {
  CancellationToken,
  createMessageConnection,
  type GenericRequestHandler,
  type MessageConnection,
  ParameterStructures,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import type { ErrorFacts, ErrorName } from '../../../src/protocol/errors.ts';
import type { ClientMethods, Methods, Notifications } from '../../../src/protocol/generated/contract.ts';
import type { LabProcess } from '../../lab/driver.ts';

/** A running Windows program, in the lab or on this machine. */
export type WindowsProcess = LabProcess;

/** An error that the worker answered with: its number, message and data. */
export type Refusal = { code: number; message: string; name?: ErrorName } & ErrorFacts;

/** A conversation with the built worker over its standard streams. */
export class WindowsWorker {
  readonly process: WindowsProcess;
  readonly #connection: MessageConnection;

  constructor(process: WindowsProcess) {
    this.process = process;
    this.#connection = createMessageConnection(
      new StreamMessageReader(process.stdout),
      new StreamMessageWriter(process.stdin),
    );
    this.#connection.onError(() => {}); // its end says more
    const fail = () => this.#connection.dispose();
    process.ended.then(fail, fail);
    this.#connection.listen();
  }

  /** Calls a method; rejects with the ResponseError, or when the worker ends. */
  request<M extends keyof Methods>(
    method: M,
    params: Methods[M]['params'],
    token = CancellationToken.None,
  ): Promise<Methods[M]['result']> {
    return this.#connection.sendRequest(method, ParameterStructures.byName, params, token);
  }

  /** Calls a method that has to fail and gives the error. */
  async refusal<M extends keyof Methods>(method: M, params: Methods[M]['params']): Promise<Refusal> {
    const result = await this.request(method, params).catch((error: unknown) => error);
    if (!(result instanceof ResponseError)) throw new Error(`${method} did not fail: ${JSON.stringify(result)}`);
    return { ...result.data, code: result.code, message: result.message };
  }

  /** Takes what the worker tells without being asked. */
  listen<N extends keyof Notifications>(name: N, listener: (params: Notifications[N]) => void): void {
    this.#connection.onNotification(name, listener);
  }

  /** Serves what the worker asks of its client. */
  serve<M extends keyof ClientMethods>(
    method: M,
    handler: (params: ClientMethods[M]['params']) => Promise<ClientMethods[M]['result']>,
  ): void {
    this.#connection.onRequest(method, handler as GenericRequestHandler<unknown, unknown>);
  }

  /** Ends its input, as a client does that goes away, and waits for its end. */
  end(): WindowsProcess['ended'] {
    this.process.stdin.end();
    return this.process.ended;
  }

  kill(): WindowsProcess['ended'] {
    return this.process.kill();
  }
}
