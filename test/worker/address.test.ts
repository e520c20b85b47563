import { existsSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startWorker } from '../../src/index.ts';
import { ask, reservations } from '../demand/support.ts';
import { ownHome } from '../support/worker.ts';

describe.skipIf(process.platform === 'win32')('a worker opens an address (skipped on Windows)', () => {
  test('where others may ask as under exec, until the worker ends', async () => {
    const env = ownHome(onTestFinished);
    const worker = await startWorker({ env, provider: 'ledger' });
    const [{ address }, again] = (await Promise.all([0, 1].map(() => worker.request('address/open', {})))) as [
      { address: string },
      unknown,
    ];
    expect(again).toEqual({ address });
    const port = Number(await ask(address, `${process.pid}\n`));
    await using other = await startWorker({ address });
    expect(other.server.provider).toBe('ledger');
    await other.request('reservation/create', { protocol: 'udp', name: 'other' });
    const listed = (await other.request('reservation/list', {})).reservations;
    expect(
      listed.filter(({ owner }) => owner?.processId === process.pid).map(({ range }) => range.startPort),
    ).toContain(port);
    await expect(other.request('address/open', {})).rejects.toMatchObject({ errorName: 'NotSupported' });
    await worker.close();
    expect(existsSync(address)).toBe(false);
    expect(await reservations(env)).toEqual([]);
  });
});
