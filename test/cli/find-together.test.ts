import { expect, onTestFinished, test } from 'vitest';
import { thisHost } from '../../src/host.ts';
import { openService } from '../../src/open-service.ts';
import { ownHome } from '../support/worker.ts';
import { start } from './support.ts';

test('16 processes that find 10 ports at once find different ones', async () => {
  const env = ownHome(onTestFinished);
  const runs = Array.from(
    { length: 16 },
    () => start(['find', '--ports', '10', '--within', '28400-28999', '--plain'], { env }).ended,
  );
  const ports = (await Promise.all(runs)).flatMap(({ stdout }) => stdout.trim().split('\n'));
  expect(ports).toHaveLength(160);
  expect(new Set(ports).size).toBe(160);
});

test('where all that is free was found a moment ago, it is found all the same', async () => {
  const service = await openService({ host: { ...thisHost(), env: ownHome(onTestFinished) } });
  onTestFinished(() => service.close());
  const { ranges } = await service.find({ protocol: 'tcp', numberOfPorts: 4 });
  const within = { startPort: ranges[0]!.startPort, numberOfPorts: 4 };
  const found: number[] = [];
  for (let count = 0; count < 5; count++) {
    const again = await service.find({ protocol: 'tcp', numberOfPorts: 1, within });
    found.push(again.ranges[0]!.startPort);
  }
  for (const port of found) expect(port).toBeGreaterThanOrEqual(within.startPort);
  expect((await service.find({ protocol: 'tcp', numberOfPorts: 1, first: 1, within })).ranges).toEqual([
    { startPort: within.startPort, numberOfPorts: 1 },
  ]);
});
