import { Message, type NotificationMessage, type RequestMessage, type ResponseMessage } from 'vscode-jsonrpc';
import { type AnswerId, Fault } from '../wire/fault.ts';

type RequestId = string | number;
type Fields = Record<string, unknown>;

/**
 * Admits the messages a server can serve and says what is wrong with the others. Requests get an id of our own on their
 * way in and their client's id back on the answer: vscode-jsonrpc takes the ids 1 and "1" for the same.
 */
export class Admission {
  readonly #clientIds = new Map<number, RequestId>();
  readonly #ownIds = new Map<RequestId, number>();
  /** Ids of the requests that we sent to the client. */
  readonly #sent = new Set<RequestId>();
  readonly #onStray: (message: Fields) => void;
  #lastId = 0;
  #waiting: { left: number; resolve: () => void }[] = [];

  /** @param onStray gets the responses nobody waits for */
  constructor(onStray: (message: Fields) => void) {
    this.#onStray = onStray;
  }

  /** How many requests are in flight. */
  get size(): number {
    return this.#clientIds.size;
  }

  /**
   * Whether this cannot wait behind requests: what others wait for, and the cancellation of a request in flight. That of one
   * that waits itself comes behind it.
   */
  isUrgent(value: unknown): boolean {
    if (!isObject(value) || Array.isArray(value)) return false;
    if (!('method' in value)) return true;
    if ('id' in value) return false;
    const { method, params } = value;
    if (method === '$/cancelRequest') return isObject(params) && this.#ownIds.has(params.id as RequestId);
    return method === 'exit';
  }

  /** Checks what was received. @throws Fault when it is no message */
  admit(value: unknown): Message | undefined {
    if (Array.isArray(value))
      throw new Fault('InvalidRequest', 'Batches are not served; send one message in each frame.');
    if (!isObject(value)) throw new Fault('InvalidRequest', 'A message must be a JSON object.');
    if (!('method' in value) && ('result' in value || 'error' in value)) {
      if (this.#sent.delete(value.id as RequestId)) return value as unknown as ResponseMessage;
      this.#onStray(value);
      return undefined;
    }
    const { jsonrpc, method, params } = value;
    const refuse = (rule: string) => new Fault('InvalidRequest', `Invalid request: ${rule}.`, answerId(value.id));
    if ('id' in value && answerId(value.id) === null) throw refuse('id must be a string or a number below 2^53');
    if (jsonrpc !== '2.0') throw refuse('jsonrpc must be "2.0"');
    if (typeof method !== 'string') throw refuse('method must be a string');
    if (params !== undefined && (params === null ? false : typeof params !== 'object')) {
      throw refuse('params must be an object');
    }
    if (!('id' in value)) return this.#notification(method, params);
    const id = value.id as RequestId;
    if (this.#ownIds.has(id)) throw refuse('a request with this id is still being served');
    this.#ownIds.set(id, ++this.#lastId);
    this.#clientIds.set(this.#lastId, id);
    return { jsonrpc, id: this.#lastId, method, params } as RequestMessage;
  }

  /** Gives the answer with the client's own id; the id is free again from here on. */
  release(message: Message): Message {
    if (Message.isRequest(message)) {
      if (message.id !== null) this.#sent.add(message.id);
      return message;
    }
    const response = message as ResponseMessage;
    const id = this.#clientIds.get(response.id as number);
    if (id === undefined) return message;
    this.#clientIds.delete(response.id as number);
    this.#ownIds.delete(id);
    const waiting = this.#waiting.filter(({ left }) => this.#clientIds.size <= left);
    this.#waiting = this.#waiting.filter((waiter) => !waiting.includes(waiter));
    for (const { resolve } of waiting) resolve();
    return { ...response, id } as ResponseMessage;
  }

  /** Resolves when at most `left` of the admitted requests are still to be answered. */
  async idle(left = 0): Promise<void> {
    if (this.#clientIds.size > left) await new Promise<void>((resolve) => this.#waiting.push({ left, resolve }));
  }

  #notification(method: string, params: unknown): Message | undefined {
    if (method !== '$/cancelRequest') return { jsonrpc: '2.0', method, params } as NotificationMessage;
    const id = isObject(params) ? this.#ownIds.get(params.id as RequestId) : undefined;
    return id === undefined ? undefined : ({ jsonrpc: '2.0', method, params: { id } } as NotificationMessage);
  }
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** The id where it can be echoed unchanged, else null. */
function answerId(id: unknown): AnswerId {
  return typeof id === 'string' || (typeof id === 'number' && Math.abs(id) <= Number.MAX_SAFE_INTEGER) ? id : null;
}
