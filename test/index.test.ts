import { describe, expect, onTestFinished, test } from 'vitest';
import { thisHost } from '../src/host.ts';
import { InvalidParamsError, openService, reserve } from '../src/index.ts';
import { listen } from './support/listen.ts';
import { ownHome } from './support/worker.ts';

const ownHost = () => ({ ...thisHost(), env: ownHome(onTestFinished) });

describe('reserve', () => {
  test('holds the ports until the end of the block', async () => {
    const host = ownHost();
    let port: number;
    {
      await using block = await reserve({ protocol: 'tcp', numberOfPorts: 3, name: 'tests' }, { host });
      expect(block.ports).toEqual([0, 1, 2].map((index) => block.range.startPort + index));
      expect(block).toMatchObject({ name: 'tests', lifetime: 'runtime', token: expect.stringMatching(/^\d+$/) });
      port = block.ports[2]!;
      expect(await listen(port)).toBe('EADDRINUSE');
    }
    expect(await listen(port)).toBeUndefined();
    const service = await openService({ host });
    expect(await service.list()).toEqual({ reservations: [] });
  });

  test('keeps a persistent reservation at the end of the block, and frees it when told', async () => {
    const host = ownHost();
    const service = await openService({ provider: 'ledger', host });
    const params = { protocol: 'tcp', lifetime: 'persistent' } as const;
    {
      await using block = await reserve(params, { provider: 'ledger', host });
      expect(block.lifetime).toBe('persistent');
    }
    expect((await service.list()).reservations).toHaveLength(1);
    const block = await reserve(params, { provider: 'ledger', host });
    await block.release();
    await block.release();
    expect((await service.list()).reservations).toHaveLength(1);
  });

  test('names every field of bad input', async () => {
    const bad = { protocol: 'sctp', numberOfPorts: 0, colour: 'red' } as never;
    const refused = await reserve(bad, { host: ownHost() }).catch((error) => error);
    expect(refused).toBeInstanceOf(InvalidParamsError);
    const fields = refused.errors.map(({ field }: { field: string }) => field);
    expect(fields.sort()).toEqual(['colour', 'numberOfPorts', 'protocol']);
  });

  test('a failure leaves nothing open', async () => {
    const host = ownHost();
    await using held = await reserve({ protocol: 'tcp' }, { host });
    const again = reserve({ protocol: 'tcp', startPort: held.ports[0]! }, { host });
    await expect(again).rejects.toMatchObject({ errorName: 'RangeReserved' });
  });
});

test.each([
  [{ startPort: 0 }, 'startPort'],
  [{ startPort: 70_000 }, 'startPort'],
  [{ startPort: 5000.5 }, 'startPort'],
  [{ startPort: '5000' as never }, 'startPort'],
  [{ startPort: 65_000, numberOfPorts: 1000 }, 'numberOfPorts'],
  [{ numberOfPorts: 0 }, 'numberOfPorts'],
])('a service in the process names the field of a range that cannot be: %o', async (range, field) => {
  const service = await openService({ host: ownHost() });
  onTestFinished(() => service.close());
  const refused = await service.create({ protocol: 'tcp', ...range }).catch((error) => error);
  expect(refused).toBeInstanceOf(InvalidParamsError);
  expect(refused.errors).toMatchObject([{ field }]);
  expect(await service.list()).toEqual({ reservations: [] });
});
