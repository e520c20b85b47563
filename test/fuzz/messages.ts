import { errorCatalogue, methodNames } from '../../src/protocol/generated/contract.ts';
import { frame, request } from '../support/frames.ts';
import type { Random } from './random.ts';
import { type Definitions, valueFor } from './values.ts';

/** A frame, and how it must be answered: its id and the codes that may be; undefined: not at all. */
export interface Shot {
  kind: string;
  bytes: Buffer;
  answer?: { id: string | number | null; codes: 'any' | readonly number[] };
}

const [parseError, invalidRequest, noMethod, invalidParams, cancelled] = [-32700, -32600, -32601, -32602, -32800];
const served = [invalidParams, cancelled, ...Object.values(errorCatalogue).map(({ code }) => code)];

/** What ends the conversation, or keeps it for very long. */
const asked = methodNames.filter((method) => method !== 'shutdown' && method !== 'initialize');

const pascal = (method: string) => method.replace(/(?:^|[/.])(\w)/g, (_, letter) => letter.toUpperCase());

const heavy: ((random: Random) => [string, object])[] = [
  (random) => ['reservation/list', { name: `${'*a'.repeat(random.whole(1, 99))}b` }],
  () => ['reservation/list', { name: Array.from({ length: 1000 }, (_, index) => `*${index}*a*b`) }],
  (random) => ['port/inspect', { protocol: 'tcp', ranges: Array(random.whole(1, 20_000)).fill({ startPort: 0 }) }],
  () => ['reservation/create', Object.fromEntries(Array.from({ length: 40_000 }, (_, index) => [`k${index}`, 1]))],
  ...[
    '{',
    '[',
    '- ',
    '? ',
    'a: ',
    '{}',
    '[{',
    '&a ',
    '"\n',
    '#\n',
    '\n',
    ' \n',
    '--- a\n',
    '<<: {a: 1}\n',
    '- &a !t x\n',
  ].map((part) => (random: Random): [string, object] => [
    'desiredState/apply',
    { text: part.repeat(random.whole(1, 1_000_000 / part.length)), format: random.one(['yaml', 'json']), whatIf: true },
  ]),
  () => [
    'desiredState/apply',
    { text: `name: a\n${Array.from({ length: 20_000 }, (_, index) => `k${index}: 1\n`).join('')}`, format: 'yaml' },
  ],
  () => [
    'desiredState/apply',
    {
      text: JSON.stringify({ name: 'a', reservations: Array(5000).fill({ protocol: 'tcp', startPort: 7 }) }),
      format: 'json',
    },
  ],
];

const tooMuch = [
  (id: string) => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"port/find","params":${'['.repeat(1_000_000)}`,
  (id: string) =>
    `{"params":{${'"a":1,'.repeat(60_000)}"b":1},"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"x"}`,
];

/** Makes one frame after the other. */
export class Gun {
  readonly #random: Random;
  readonly #definitions: Definitions;
  #last = 0;

  constructor(random: Random, definitions: Definitions) {
    this.#random = random;
    this.#definitions = definitions;
  }

  next(): Shot {
    const random = this.#random;
    const which = random.next();
    if (which < 0.45) return this.#call(random.one([0, 0, 0.02, 0.2]));
    if (which < 0.55) return this.#unknown();
    if (which < 0.75) return this.#damaged();
    if (which < 0.8) return this.#notification();
    if (which < 0.98) return this.#noRequest();
    if (which < 0.995) return this.#heavy();
    return this.#tooMuch();
  }

  #id(): string | number {
    this.#last++;
    return this.#random.chance(0.5) ? this.#last : `id ${this.#last} ü🚢`;
  }

  #call(wrong: number): Shot {
    const method = this.#random.one(asked);
    const params = valueFor(this.#definitions[`${pascal(method)}Params`]!, this.#definitions, this.#random, wrong);
    return this.#ask(method, params, `${method}, ${wrong ? 'wrong' : 'right'}`);
  }

  #ask(method: string, params: unknown, kind: string): Shot {
    const id = this.#id();
    const isObject = params === null || typeof params === 'object';
    const bytes = frame(request(id, method, params));
    return { kind, bytes, answer: { id, codes: isObject ? served : [invalidRequest] } };
  }

  #unknown(): Shot {
    const id = this.#id();
    const method = this.#random.one(['no/such', '$/no/such', '', 'toString', '__proto__', 'x'.repeat(1000)]);
    return { kind: 'an unknown method', bytes: frame(request(id, method, {})), answer: { id, codes: [noMethod] } };
  }

  /** A request of which some bytes are others. What must come of it is told by what it has become. */
  #damaged(): Shot {
    const { bytes } = this.#call(0);
    const body = Buffer.from(bytes.subarray(bytes.indexOf('\r\n\r\n') + 4));
    for (let count = this.#random.whole(1, 3); count > 0; count--) {
      body[this.#random.whole(0, body.length - 1)] = this.#random.whole(0, 255);
    }
    return { kind: 'damaged', bytes: frame(body), answer: expected(body) };
  }

  #notification(): Shot {
    const [method, params] = this.#random.one<[string, unknown]>([
      ['$/cancelRequest', { id: this.#random.whole(Math.max(0, this.#last - 50), this.#last) }],
      ['$/cancelRequest', { id: `id ${this.#last} ü🚢` }],
      ['$/cancelRequest', null],
      ['initialized', {}],
      ['no/such', { a: 1 }],
    ]);
    return { kind: 'a notification', bytes: frame({ jsonrpc: '2.0', method, params }) };
  }

  #noRequest(): Shot {
    const message = this.#random.one<unknown>([
      [],
      [request(1, 'reservation/list')],
      7,
      'x',
      null,
      { id: [1], jsonrpc: '2.0', method: 'x' },
    ]);
    return { kind: 'no request', bytes: frame(JSON.stringify(message)), answer: { id: null, codes: [invalidRequest] } };
  }

  #heavy(): Shot {
    const [method, params] = this.#random.one(heavy)(this.#random);
    return this.#ask(method, params, `heavy ${method}`);
  }

  #tooMuch(): Shot {
    const id = `id ${++this.#last} ü🚢`;
    const bytes = frame(this.#random.one(tooMuch)(id));
    return { kind: 'too much', bytes, answer: { id, codes: [invalidRequest] } };
  }
}

/** The rules of JSON-RPC, for what anybody may have written. */
function expected(body: Buffer): Shot['answer'] {
  let message: unknown;
  try {
    message = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
  } catch {
    return { id: null, codes: [parseError] };
  }
  const fields = message as Record<string, unknown>;
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    return { id: null, codes: [invalidRequest] };
  }
  if (!('method' in fields) && ('result' in fields || 'error' in fields)) return undefined;
  const { id } = fields;
  const isId = typeof id === 'string' || Number.isSafeInteger(id) || (typeof id === 'number' && Math.abs(id) < 2 ** 53);
  if ('id' in fields && !isId) return { id: null, codes: [invalidRequest] };
  const known = isId ? (id as string | number) : null;
  const { jsonrpc, method, params } = fields;
  const isRequest =
    jsonrpc === '2.0' && typeof method === 'string' && (params === undefined || typeof params === 'object');
  if (!isRequest) return { id: known, codes: [invalidRequest] };
  // Another id of the same name may still be served.
  return isId ? { id: known, codes: [...served, noMethod, invalidRequest] } : undefined;
}
