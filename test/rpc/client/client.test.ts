import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { protocolVersion } from '../../../src/protocol/generated/contract.ts';
import { startWorker, type WorkerOptions } from '../../../src/rpc/client/client.ts';
import { ownHome } from '../../support/worker.ts';

/** The head of a worker that answers `initialize`, does what a test says with the next request, and nothing else. */
const head = `
const frame = (message) => {
  const body = JSON.stringify(message);
  return 'Content-Length: ' + Buffer.byteLength(body) + '\\r\\n\\r\\n' + body;
};
const answer = (id, result) => frame({ jsonrpc: '2.0', id, result });
const refusal = (id, error) => frame({ jsonrpc: '2.0', id, error });
let text = '';
let first = true;
process.stdin.on('data', (chunk) => {
  text += chunk;
  for (let found; (found = /^Content-Length: (\\d+)\\r\\n\\r\\n/.exec(text)) && text.length >= found[0].length + +found[1]; ) {
    const message = JSON.parse(text.slice(found[0].length, found[0].length + +found[1]));
    text = text.slice(found[0].length + +found[1]);
    if (first) process.stdout.write(answer(message.id, { params: message.params }));
    else act(message);
    first = false;
  }
});
`;

const nodeRuns = (script: string): WorkerOptions => ({ command: [process.execPath, '-e', script] });

/** A worker whose function \`act\` gets each message after \`initialize\`. */
async function workerThat(act: string) {
  const worker = await startWorker(nodeRuns(`${head} function act({ id, method, params }) { ${act} }`));
  onTestFinished(() => worker.close());
  return worker;
}

const list = (act: string) => workerThat(act).then((worker) => worker.request('reservation/list', {}));

test('says who it is when it opens the conversation', async () => {
  const options = { provider: 'ledger', clientInfo: { name: 'test', version: '1' } } as const;
  const worker = await startWorker({ ...nodeRuns(`${head} function act() { process.exit() }`), ...options });
  // No processId: behind a command may be another machine.
  expect(worker.server).toEqual({ params: { protocolVersion, ...options } });
  await worker.close();
});

test('gives the worker the environment that it was told', async () => {
  const script = `${head} function act({ id }) { process.stdout.write(answer(id, process.env.ONLY)) }`;
  const worker = await startWorker({ ...nodeRuns(script), env: { ONLY: 'this' } });
  onTestFinished(() => worker.close());
  expect(await worker.request('reservation/list', {})).toBe('this');
});

test.each([
  [
    'a ServiceError',
    { code: 2, message: 'Taken.', data: { name: 'PortInUse', hint: 'Wait.', osCode: 'EADDRINUSE' } },
    'ServiceError',
    { errorName: 'PortInUse', facts: { hint: 'Wait.', osCode: 'EADDRINUSE' }, code: 'EADDRINUSE', number: 2 },
  ],
  [
    'an InvalidParamsError',
    { code: -32602, message: 'Bad.', data: { errors: [{ field: 'a', message: 'is required' }] } },
    'InvalidParamsError',
    { errors: [{ field: 'a', message: 'is required' }], message: 'a is required' },
  ],
  [
    'a DocumentError',
    {
      code: -32602,
      message: 'Wrong.',
      data: { name: 'InvalidDocument', errors: [{ field: 'name', message: 'is required', line: 1, column: 2 }] },
    },
    'DocumentError',
    { message: 'line 1, column 2: name is required' },
  ],
  [
    'a WorkerError for JSON-RPC errors',
    { code: -32603, message: 'Bug.' },
    'WorkerError',
    { number: -32603, message: 'Bug.' },
  ],
  [
    'a WorkerError for names it does not know',
    { code: 77, message: 'New.', data: { name: 'toString' } },
    'WorkerError',
    { number: 77, message: 'New.' },
  ],
  [
    'a WorkerError for a cancellation nobody asked for',
    { code: -32800, message: 'No.' },
    'WorkerError',
    { number: -32800 },
  ],
])('makes %s of an error', async (_title, error, name, facts) => {
  const failure = list(`process.stdout.write(refusal(id, ${JSON.stringify(error)}))`);
  await expect(failure).rejects.toMatchObject({ name, ...facts });
});

test('a worker that dies fails all calls with its exit code and last lines, and every later call', async () => {
  const worker = await workerThat(`
    if (method === 'reservation/list') return;
    for (let line = 1; line <= 30; line++) process.stderr.write('line ' + line + '\\n');
    process.exitCode = 3;
    process.stdin.destroy();
  `);
  const pending = [worker.request('reservation/list', {}), worker.request('rpc.discover', {})];
  const lastLines = Array.from({ length: 20 }, (_, index) => `line ${index + 11}`);
  for (const outcome of await Promise.allSettled([...pending, ...pending])) {
    expect(outcome).toMatchObject({ reason: { name: 'WorkerError', end: { exitCode: 3, signal: null, lastLines } } });
  }
  await expect(worker.request('reservation/list', {})).rejects.toThrow(/exit code 3.*\nline 11\n.*line 30$/s);
});

test('a worker that dies by a signal says which', async () => {
  await expect(list('process.kill(process.pid, "SIGKILL")')).rejects.toMatchObject({ end: { signal: 'SIGKILL' } });
});

test.each([
  ['garbage', 'process.stdout.write("Hello, world\\n")', /not JSON-RPC.*byte 0x2c|not JSON-RPC.*header name/],
  ['a line on its output before the frame', 'process.stdout.write("debug: here\\n" + answer(id, {}))', /not JSON-RPC/],
  ['a wrong length', 'process.stdout.write("Content-Length: -5\\r\\n\\r\\n")', /decimal digits, not "-5"/],
  ['a frame of 4 GiB', 'process.stdout.write("Content-Length: 4294967296\\r\\n\\r\\n")', /at most 268435456/],
  ['a body that is no JSON', 'process.stdout.write("Content-Length: 1\\r\\n\\r\\n{")', /does not parse/],
  ['an answer of another protocol', 'process.stdout.write(frame({ id, result: {} }))', /jsonrpc is not "2.0"/],
  [
    'half a frame and its end',
    'process.stdout.write("Content-Length: 99\\r\\n\\r\\n{", () => process.exit(4))',
    /exit code 4.*ended after 1 of the 99/,
  ],
  ['noise on its log', 'process.stderr.write("x".repeat(1e6), () => process.exit(5))', /exit code 5/],
])('%s fails the call and ends the worker', async (_title, act, message) => {
  await expect(list(act)).rejects.toMatchObject({ name: 'WorkerError', message: expect.stringMatching(message) });
});

test('reads an answer of several MiB', async () => {
  const answer = await list('process.stdout.write(answer(id, { reservations: ["ü".repeat(3e6)] }))');
  expect(answer).toEqual({ reservations: ['ü'.repeat(3e6)] });
});

test('a cancelled call sends the cancellation and rejects with the reason', async () => {
  const worker = await workerThat(`
    if (method === '$/cancelRequest') process.stdout.write(refusal(params.id, { code: -32800, message: 'Cancelled.' }));
  `);
  const controller = new AbortController();
  const call = worker.request('reservation/list', {}, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(call).rejects.toThrow('enough');
  await expect(worker.request('reservation/list', {}, { signal: controller.signal })).rejects.toThrow('enough');
});

test('a call that cannot be sent waits for the end of the worker, to say how it was', async () => {
  const worker = await workerThat(`
    setInterval(() => {}, 1e6);
    process.stdin.on('close', () => process.stdout.write(answer(id, {}))).destroy();
  `);
  await worker.request('reservation/list', {});
  const call = worker.request('reservation/list', {});
  process.kill(worker.processId, 'SIGTERM');
  await expect(call).rejects.toMatchObject({ name: 'WorkerError', end: { signal: 'SIGTERM' } });
});

test('a program that is not there cannot be started', async () => {
  const start = startWorker({ command: ['/no/such/program'] });
  await expect(start).rejects.toMatchObject({
    name: 'WorkerError',
    message: expect.stringMatching(/cannot be started: .*ENOENT/),
  });
});

test('a worker that ends at once fails the start', async () => {
  await expect(startWorker(nodeRuns('console.error("no"); process.exit(9)'))).rejects.toThrow(/exit code 9.*\nno$/s);
});

test.each(['at once', 'when it runs'])(
  'a start given up %s ends what does not answer, with the reason',
  async (moment) => {
    const mark = join(ownHome(onTestFinished).PORT_RESERVATION_HOME!, 'mark');
    const script = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); fs.writeFileSync(${JSON.stringify(mark)}, '')`;
    const controller = new AbortController();
    const start = startWorker({ ...nodeRuns(script), signal: controller.signal });
    const given = expect(start).rejects.toThrow('enough');
    if (moment === 'when it runs') await expect.poll(() => existsSync(mark), { timeout: 50_000 }).toBe(true);
    controller.abort(new Error('enough'));
    await given;
    await expect(startWorker({ ...nodeRuns(script), signal: controller.signal })).rejects.toThrow('enough');
  },
);

test('close asks for shutdown and exit, ends the input and waits', async () => {
  const worker = await workerThat(`
    process.stderr.write(method + '\\n');
    if (method === 'shutdown') process.stdout.write(answer(id, null));
    if (method === 'exit') process.stdin.on('end', () => process.stderr.write('end\\n'));
  `);
  await Promise.all([worker.close(), worker[Symbol.asyncDispose]()]);
  const after = worker.request('reservation/list', {});
  await expect(after).rejects.toMatchObject({ end: { exitCode: 0, lastLines: ['shutdown', 'exit', 'end'] } });
});
