import { expect, onTestFinished, test } from 'vitest';
import { openService } from '../../../src/open-service.ts';
import type { WorkDoneProgress } from '../../../src/protocol/generated/contract.ts';
import type { Progress } from '../../../src/service/call-options.ts';
import { useOwnNetwork } from '../../kernel/held/support/own-network.ts';
import type { RawPeer } from '../../support/frames.ts';
import { ownHost } from '../../support/own-host.ts';
import { connect, deferred, fakeService } from '../support.ts';

useOwnNetwork();

const onePort = { protocol: ['tcp'], ranges: [{ startPort: 20_000, numberOfPorts: 1 }] };
const allPorts = { protocol: ['tcp'], ranges: [{ startPort: 1, numberOfPorts: 65_535 }] };
const half: Progress = { title: 'Looking', message: '1 of 2', percentage: 50 };

/** All messages up to the answer to this id, and what they tell of progress. */
async function upTo(peer: RawPeer, id: number | string) {
  const values: WorkDoneProgress[] = [];
  const tokens = new Set<unknown>();
  for (;;) {
    const message = await peer.next();
    if (message.id === id) return { answer: message, values, tokens: [...tokens] };
    expect(message.method).toBe('$/progress');
    tokens.add(message.params!.token);
    values.push(message.params!.value as unknown as WorkDoneProgress);
  }
}

test.each([7, 'a token', 0, ''])(
  'with the token %o, progress is begin, reports and end, before the result',
  async (token) => {
    const service = fakeService({
      inspect: async (_params, { onProgress } = {}) => {
        onProgress!({ title: 'Looking', percentage: 0 });
        onProgress!(half);
        return { ports: [] };
      },
    });
    const { peer } = connect(service);
    peer.request(1, 'port/inspect', { ...onePort, workDoneToken: token });
    const { answer, values, tokens } = await upTo(peer, 1);
    expect(answer.result).toEqual({ ports: [] });
    expect(tokens).toEqual([token]);
    expect(values).toEqual([
      { kind: 'begin', title: 'Looking', percentage: 0 },
      { kind: 'report', message: '1 of 2', percentage: 50 },
      { kind: 'end' },
    ]);
  },
);

test('a call that fails ends its progress before its error, and tells nothing after it', async () => {
  const told = deferred<(progress: Progress) => void>();
  const service = fakeService({
    inspect: async (_params, { onProgress } = {}) => {
      onProgress!(half);
      told.resolve(onProgress!);
      throw new Error('broken');
    },
  });
  const { peer } = connect(service);
  peer.request(1, 'port/inspect', { ...onePort, workDoneToken: 1 });
  const { answer, values } = await upTo(peer, 1);
  expect(answer.error?.code).toBe(-32603);
  expect(values.map(({ kind }) => kind)).toEqual(['begin', 'end']);
  (await told.promise)(half);
  peer.request(2, 'reservation/list');
  expect((await upTo(peer, 2)).values).toEqual([]);
});

test('a call without a token, or without anything to tell, tells nothing', async () => {
  const asked: boolean[] = [];
  const service = fakeService({
    inspect: async (_params, { onProgress } = {}) => {
      asked.push(onProgress !== undefined);
      return { ports: [] };
    },
  });
  const { peer } = connect(service);
  peer.request(1, 'port/inspect', onePort);
  expect((await upTo(peer, 1)).values).toEqual([]);
  peer.request(2, 'port/inspect', { ...onePort, workDoneToken: 1 });
  expect((await upTo(peer, 2)).values).toEqual([]);
  expect(asked).toEqual([false, true]);
});

test.each([{}, 1.5, 2 ** 31, 'x'.repeat(201)])('the token %o is refused', async (workDoneToken) => {
  const { peer } = connect();
  peer.request(1, 'port/inspect', { ...onePort, workDoneToken });
  const { error } = await peer.next();
  expect(error).toMatchObject({ code: -32602, data: { errors: [{ field: 'workDoneToken' }] } });
});

async function connectReal() {
  const service = await openService({ host: ownHost(), provider: 'ledger' });
  onTestFinished(() => service.close());
  return connect(service);
}

test('a scan of all ports tells each whole percent once, and serves others meanwhile', async () => {
  const { peer } = await connectReal();
  peer.request(1, 'port/inspect', { ...allPorts, workDoneToken: 1 });
  expect((await peer.next()).params?.value).toEqual({
    kind: 'begin',
    title: 'Looking at ports',
    message: '0 of 65535 ports',
    percentage: 0,
  });
  peer.request(2, 'reservation/list');
  const before = await upTo(peer, 2);
  expect(before.answer.result).toEqual({ reservations: [] });
  const { answer, values } = await upTo(peer, 1);
  expect(answer.result?.ports).toHaveLength(65_535);
  expect(values.pop()).toEqual({ kind: 'end' });
  expect(values.length).toBeGreaterThan(50);
  const percentages = [...before.values, ...values].map(({ percentage }) => percentage!);
  expect(percentages).toEqual([...new Set(percentages)].sort((a, b) => a - b));
  expect(percentages.at(-1)).toBe(100);
  expect(values.at(-1)).toEqual({ kind: 'report', message: '65535 of 65535 ports', percentage: 100 });
});

test('a scan that is cancelled stops there', async () => {
  const { peer } = await connectReal();
  peer.request(1, 'port/inspect', { ...allPorts, workDoneToken: 1 });
  await peer.next();
  peer.notify('$/cancelRequest', { id: 1 });
  const { answer, values } = await upTo(peer, 1);
  expect(answer.error?.code).toBe(-32800);
  expect(values.pop()).toEqual({ kind: 'end' });
  expect(values.length).toBeLessThan(50);
});
