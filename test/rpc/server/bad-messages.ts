import { frame, request } from '../../support/frames.ts';
import type { BadFrame } from './bad-frames.ts';

const parseError = -32700;
const invalidRequest = -32600;
const good = JSON.stringify(request(1, 'reservation/list', {}));
const bytes = (...values: number[]) => Buffer.from(values);

const unparsable: [string, string | Buffer][] = [
  ['an empty body', ''],
  ['half a JSON object', '{"jsonrpc":"2.0"'],
  ['a trailing comma', '{"jsonrpc":"2.0",}'],
  ['two values in one body', `${good}${good}`],
  ['NaN', '{"jsonrpc":"2.0","id":NaN,"method":"shutdown"}'],
  ['a byte order mark in the body', `\ufeff${good}`],
  ['a lone continuation byte', bytes(0x22, 0x80, 0x22)],
  ['half a multi-byte character', bytes(0x22, 0xc3, 0x22)],
  ['an overlong character', bytes(0x22, 0xc0, 0xaf, 0x22)],
  ['a surrogate in UTF-8', bytes(0x22, 0xed, 0xa0, 0xbd, 0x22)],
];

const invalid: [title: string, message: unknown, rule: RegExp, id?: string | number][] = [
  ['a batch', [request(1, 'reservation/list')], /Batches are not served/],
  ['an empty batch', [], /Batches are not served/],
  ['a number', 42, /must be a JSON object/],
  ['a string', 'shutdown', /must be a JSON object/],
  ['null', null, /must be a JSON object/],
  ['an empty object', {}, /jsonrpc must be "2.0"/],
  ['no jsonrpc', { id: 7, method: 'reservation/list' }, /jsonrpc must be "2.0"/, 7],
  ['jsonrpc 1.0', { jsonrpc: '1.0', id: 'seven', method: 'reservation/list' }, /jsonrpc must be "2.0"/, 'seven'],
  ['jsonrpc as a number', { jsonrpc: 2.0, id: 7, method: 'reservation/list' }, /jsonrpc must be "2.0"/, 7],
  ['a notification without jsonrpc', { method: 'exit' }, /jsonrpc must be "2.0"/],
  ['no method', { jsonrpc: '2.0', id: 7 }, /method must be a string/, 7],
  ['a method that is a number', { jsonrpc: '2.0', id: 7, method: 1 }, /method must be a string/, 7],
  ['params that are a string', request(7, 'reservation/list', 'tcp'), /params must be an object/, 7],
  ['params that are a number', request(7, 'reservation/list', 0), /params must be an object/, 7],
  ['params that are a boolean', request('s', 'reservation/list', false), /params must be an object/, 's'],
  ['id null', request(null, 'reservation/list'), /id must be a string or a number/],
  ['id true', request(true, 'reservation/list'), /id must be a string or a number/],
  ['an id that is an object', request({}, 'reservation/list'), /id must be a string or a number/],
  ['an id that is an array', request([1], 'reservation/list'), /id must be a string or a number/],
  ['an id of 2^53', request(2 ** 53, 'reservation/list'), /below 2\^53/],
];

const nested = (depth: number, inner: string) => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`;
const manyKeys = Array.from({ length: 50_001 }, (_, index) => `"k${index}":1`).join();

/** What is refused unparsed, with the id it has. */
const tooMuch: [title: string, body: string, rule: RegExp, id?: string | number][] = [
  [
    'very many keys',
    `{"jsonrpc":"2.0","method":"shutdown","params":{${manyKeys}},"id":"é\\"7"}`,
    /more than 50000/,
    'é"7',
  ],
  ['many more keys', `{"id" : -7 ,"params":{"id":8,${'"a":0,'.repeat(1_000_000)}"b":0}}`, /more than 50000/, -7],
  ['very many objects', `{"params":[${'{"id":1},'.repeat(900_000)}{}],"id":9}`, /more than 50000/, 9],
  ['a deep list', `{"id":9,"params":${nested(65, '')}}`, /nested deeper than 64/, 9],
  ['a very deep list', nested(4_000_000, ''), /nested deeper than 64/],
  ['a very deep list without an end', '['.repeat(8_000_000), /nested deeper than 64/],
  ['very deep objects with ids', '{"id":'.repeat(1_000_000), /nested deeper than 64/],
  ['too much with an id that is none', `{"id":[1],"params":{${manyKeys}}}`, /more than 50000/],
  ['too much with an id of 2^53', `{"id":9007199254740992,"params":{${manyKeys}}}`, /more than 50000/],
];

const unanswered: [string, unknown][] = [
  ['an unknown notification', { jsonrpc: '2.0', method: 'no/such', params: { a: 1 } }],
  ['an unknown $/ notification', { jsonrpc: '2.0', method: '$/no/such' }],
  ['a request method as a notification', { jsonrpc: '2.0', method: 'shutdown', params: {} }],
  ['a response nobody waits for', { jsonrpc: '2.0', id: 1, result: 1 }],
  ['an error nobody waits for', { jsonrpc: '2.0', id: null, error: { code: 1, message: 'no' } }],
  ['a cancellation without params', { jsonrpc: '2.0', method: '$/cancelRequest' }],
  ['a cancellation of null', { jsonrpc: '2.0', method: '$/cancelRequest', params: { id: null } }],
  ['a cancellation of what was never asked', { jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } }],
];

/** Whole frames with something wrong inside: the conversation goes on behind them. */
export const badMessages: BadFrame[] = [
  ...unparsable.map(([title, body]): BadFrame => {
    const message = Buffer.isBuffer(body) ? /not valid UTF-8/ : /does not parse/;
    return { title, bytes: frame(body), answer: { code: parseError, message } };
  }),
  ...invalid.map(([title, message, rule, id]): BadFrame => {
    return { title, bytes: frame(JSON.stringify(message)), answer: { code: invalidRequest, message: rule, id } };
  }),
  ...tooMuch.map(([title, body, rule, id]): BadFrame => {
    return { title, bytes: frame(body), answer: { code: invalidRequest, message: rule, id } };
  }),
  ...unanswered.map(([title, message]): BadFrame => ({ title, bytes: frame(JSON.stringify(message)) })),
];
