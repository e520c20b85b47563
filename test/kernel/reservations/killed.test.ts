import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { WorkerClient } from '../../../src/rpc/client/client.ts';
import { bundledProgram } from '../../support/bundled-program.ts';
import { gateTitle, noGate } from '../gate/support/room.ts';
import { GatedMachine } from './support/gated-machine.ts';

const bundled = bundledProgram(join(import.meta.dirname, 'support/mortal-service.ts'));
const range = { startPort: 21_040, numberOfPorts: 3 };
const exactly = { protocol: 'tcp', range } as const;
const other = { protocol: 'udp', startPort: 22_000, lifetime: 'persistent' } as const;

// Each test starts some eighty processes, one after the other.
const timeout = 300_000;

describe.skipIf(noGate)(gateTitle('a service killed at each step'), { timeout }, () => {
  let at: GatedMachine;
  let worker: WorkerClient;
  beforeAll(async () => {
    at = await GatedMachine.open();
  });
  beforeEach(async () => {
    await at.reset();
    worker = await at.worker();
  });
  afterAll(() => at?.close());

  /** Makes the change, one process after the other, each killed one step later. @returns how many were killed */
  async function killAtEachStep(method: string, params: object, check: () => Promise<void>): Promise<number> {
    for (let step = 1; ; step++) {
      const words = [process.execPath, await bundled(), `${step}`, method, JSON.stringify(params)];
      const { stdout, stderr, code } = await at.run(words);
      if (stdout === 'done') return step - 1;
      expect([step, code, stderr]).toEqual([step, null, '']);
      await check();
    }
  }

  const recorded = async () => (await worker.request('reservation/list', { range })).reservations[0];

  /** Whatever the step: nobody is refused without a record that says why. */
  async function expectExplained(): Promise<void> {
    const bound = await at.bind(21_041);
    if (bound !== 'bound') expect(await recorded()).toMatchObject({ enforcement: 'kernel', token: expect.any(String) });
  }

  /** After a change of something else, the record and the kernel agree. */
  async function expectAgreement(): Promise<void> {
    await worker.request('reservation/create', other);
    const { startPort, protocol } = other;
    await worker.request('reservation/release', { protocol, range: { startPort, numberOfPorts: 1 } });
    const record = await recorded();
    const seen = [await at.bind(21_041), await at.bind(21_041, { token: record?.token ?? '1' })];
    if (record) expect(seen).toEqual(['EADDRINUSE', 'bound']);
    else expect([seen[0], at.pins()]).toEqual(['bound', '']);
    const list = at.sh('cat /proc/sys/net/ipv4/ip_local_reserved_ports').trim();
    expect(list).toBe(record ? '21040-21042' : '');
  }

  test('of a creation leaves what the next change completes or drops', async () => {
    const params = { protocol: 'tcp', ...range, lifetime: 'persistent', enforcement: 'kernel' };
    const seen = new Set<boolean>();
    const kills = await killAtEachStep('create', params, async () => {
      await expectExplained();
      await expectAgreement();
      const isRecorded = (await recorded()) !== undefined;
      seen.add(isRecorded);
      if (isRecorded) await worker.request('reservation/release', exactly);
    });
    expect([[...seen].sort(), kills > 40]).toEqual([[false, true], true]);
    await expectAgreement();
  });

  test('of a release leaves what the next change completes', async () => {
    const params = { protocol: 'tcp', ...range, lifetime: 'persistent', enforcement: 'kernel' } as const;
    await worker.request('reservation/create', params);
    const kills = await killAtEachStep('release', exactly, async () => {
      await expectExplained();
      await expectAgreement();
      if (!(await recorded())) await worker.request('reservation/create', params);
    });
    expect(kills).toBeGreaterThan(15);
    await expectAgreement();
    expect(await recorded()).toBeUndefined();
  });
});
