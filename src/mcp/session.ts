import type { CallOptions, Progress } from '../service/call-options.ts';
import type { PortService } from '../service/port-service.ts';
import { discovered, type Era, eraOf, initialized, stamped, subscriptionId } from './eras.ts';
import { resources, tools } from './generated/contract.ts';
import { type Incoming, objectIn, type Params, ProtocolError, type RequestId, stringIn } from './messages.ts';
import { isResource, watchedUri } from './resource-uris.ts';
import type { Toolbox } from './toolbox.ts';

/** What a session needs of what is around it. */
export interface Surroundings {
  service: () => Promise<PortService>;
  toolbox: () => Promise<Toolbox>;
  /** Sends a notification; settles when it has left this process, or is lost. */
  notify: (method: string, params: object) => Promise<void>;
  onTrouble: (error: unknown) => void;
}

/** A request that is being served. */
interface Call {
  id: RequestId;
  params: Params;
  options: CallOptions & { signal: AbortSignal };
}

type Method = (call: Call) => object | Promise<object>;

/** Serves the requests of one client, in whichever era it speaks. */
export class Session {
  readonly #surroundings: Surroundings;
  readonly #calls = new Map<RequestId, AbortController>();
  /** The listens of the stateless era, and the subscriptions of the other. */
  readonly #listeners = new Map<RequestId | undefined, object>();
  #watch: Promise<unknown> | undefined;

  readonly #lists: Record<string, Method> = {
    'tools/list': ({ params }) => onePage(params, { tools }),
    'resources/list': ({ params }) => onePage(params, { resources }),
    'resources/templates/list': ({ params }) => onePage(params, { resourceTemplates: [] }),
  };
  readonly #shared: Record<string, Method> = { ...this.#lists, 'tools/call': (call) => this.#callTool(call) };
  readonly #methods: Record<Era, Record<string, Method>> = {
    handshake: {
      ...this.#shared,
      initialize: ({ params }) => initialized(params),
      ping: () => ({}),
      'resources/read': (call) => this.#read(call, 'ResourceNotFound'),
      'resources/subscribe': ({ params }) => this.#subscribe(params),
      'resources/unsubscribe': () => this.#unsubscribe(),
    },
    stateless: {
      ...this.#shared,
      'server/discover': discovered,
      'resources/read': (call) => this.#read(call, 'InvalidParams'),
      'subscriptions/listen': (call) => this.#listen(call),
    },
  };

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * The result of a request; undefined where none is wanted any more.
   * @throws ProtocolError, and whatever nobody planned
   */
  async serve({ id, method, params }: Incoming & { id: RequestId }): Promise<object | undefined> {
    if (this.#calls.has(id)) throw new ProtocolError('InvalidRequest', `A request with the id ${id} is under way.`);
    const era = eraOf(params);
    const serve = Object.hasOwn(this.#methods[era], method) ? this.#methods[era][method] : undefined;
    if (!serve) throw new ProtocolError('MethodNotFound', `Method not found: ${method}`);
    const control = new AbortController();
    this.#calls.set(id, control);
    try {
      const result = await serve({
        id,
        params,
        options: { signal: control.signal, ...this.#progress(params, control) },
      });
      return control.signal.aborted ? undefined : stamped(era, method, result);
    } catch (error) {
      if (control.signal.aborted) return undefined;
      throw error;
    } finally {
      this.#calls.delete(id);
    }
  }

  /** Is told a notification; those it does not know are nobody's fault. */
  hear({ method, params }: Incoming): void {
    if (method === 'notifications/cancelled') this.#calls.get(params.requestId as RequestId)?.abort();
  }

  /** Cancels all that is under way. */
  cancel(): void {
    for (const control of this.#calls.values()) control.abort();
  }

  async #callTool({ params, options }: Call): Promise<object> {
    const { callTool } = await import('./call-tool.ts');
    const name = stringIn(params, 'name');
    const result = await callTool(name, objectIn(params, 'arguments'), this.#surroundings.toolbox, options);
    if (!result) throw new ProtocolError('InvalidParams', `Unknown tool: ${name}`);
    return result;
  }

  async #read({ params, options }: Call, notFound: 'ResourceNotFound' | 'InvalidParams'): Promise<object> {
    const uri = stringIn(params, 'uri');
    if (!isResource(uri)) throw new ProtocolError(notFound, `Resource not found: ${uri}`, { uri });
    const { readResource } = await import('./resources.ts');
    return readResource(await this.#surroundings.service(), uri, options);
  }

  async #subscribe(params: Params): Promise<object> {
    const uri = stringIn(params, 'uri');
    if (uri !== watchedUri) {
      const name = isResource(uri) ? 'InvalidParams' : 'ResourceNotFound';
      throw new ProtocolError(name, `${uri} cannot be subscribed to; ${watchedUri} can.`, { uri });
    }
    await this.#watchReservations();
    this.#listeners.set(undefined, { uri });
    return {};
  }

  #unsubscribe(): object {
    this.#listeners.delete(undefined);
    return {};
  }

  /** Tells of changes until the client cancels, or the end. */
  async #listen({ id, params, options: { signal } }: Call): Promise<object> {
    const wanted = objectIn(params, 'notifications').resourceSubscriptions ?? [];
    if (!Array.isArray(wanted)) throw new ProtocolError('InvalidParams', 'resourceSubscriptions is not a list.');
    const uris = wanted.includes(watchedUri) ? [watchedUri] : [];
    const meta = { _meta: { [subscriptionId]: id } };
    await this.#watchReservations();
    const notifications = uris.length > 0 ? { resourceSubscriptions: uris } : {};
    void this.#surroundings.notify('notifications/subscriptions/acknowledged', { notifications, ...meta });
    if (uris.length > 0) this.#listeners.set(id, { uri: watchedUri, ...meta });
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    this.#listeners.delete(id);
    return meta;
  }

  #watchReservations(): Promise<unknown> {
    const { service, notify, onTrouble } = this.#surroundings;
    const tellAll = () =>
      Promise.all([...this.#listeners.values()].map((params) => notify('notifications/resources/updated', params)));
    this.#watch ??= service()
      .then((opened) => opened.watch(tellAll, { onTrouble }))
      .catch((error) => {
        this.#watch = undefined;
        throw error;
      });
    return this.#watch;
  }

  /** What the call is given where its client wants to be told how far it is. */
  #progress(params: Params, { signal }: AbortController): Pick<CallOptions, 'onProgress'> {
    const { progressToken } = objectIn(params, '_meta');
    if (typeof progressToken !== 'string' && typeof progressToken !== 'number') return {};
    let last = -1;
    const onProgress = ({ title, message = title, percentage = 0 }: Progress) => {
      // It is to grow each time.
      if (signal.aborted || percentage <= last) return;
      last = percentage;
      const params = { progressToken, progress: percentage, total: 100, message };
      void this.#surroundings.notify('notifications/progress', params);
    };
    return { onProgress };
  }
}

function onePage({ cursor }: Params, page: object): object {
  if (cursor === undefined) return page;
  throw new ProtocolError('InvalidParams', 'cursor is unknown: each list has one page.');
}
