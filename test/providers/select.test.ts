import { describe, expect, test } from 'vitest';
import { type Host, thisHost } from '../../src/host.ts';
import { selectProvider } from '../../src/providers/select.ts';
import { refusal } from '../support/machine.ts';

const on = (platform: NodeJS.Platform): Host => ({ ...thisHost(), platform });

test.each([
  ['win32', 'windows'],
  ['linux', 'linux'],
  ['darwin', 'ledger'],
  ['freebsd', 'ledger'],
] as const)('auto on %s is %s', async (platform, name) => {
  expect((await selectProvider('auto', on(platform))).name).toBe(name);
});

test.each([
  ['linux', 'darwin', 'ledger'],
  ['linux', 'win32', 'windows'],
  ['windows', 'linux', 'linux'],
  ['windows', 'darwin', 'ledger'],
] as const)('%s on %s is refused, and %s recommended', async (name, platform, better) => {
  const { errorName, message, facts } = await refusal(selectProvider(name, on(platform)));
  expect([errorName, facts.target]).toEqual(['NotSupported', name]);
  expect(message).toContain(`The ${name} provider`);
  expect(message).toContain(platform);
  expect(facts.hint).toContain(`provider ${better},`);
});

test.each(['linux', 'darwin', 'win32'] as const)('ledger can be had on %s', async (platform) => {
  expect((await selectProvider('ledger', on(platform))).name).toBe('ledger');
});

describe('ledger on Windows', () => {
  test.each(['runtime', 'persistent'] as const)('says that it cannot make a %s reservation there', async (lifetime) => {
    const provider = await selectProvider('ledger', on('win32'));
    const range = { startPort: 5000, numberOfPorts: 2 };
    const { errorName, message, facts } = await refusal(provider.claim({ protocol: 'udp', range, lifetime }));
    expect([errorName, facts.target]).toEqual(['NotSupported', 'udp 5000-5001']);
    expect(message).toContain('on Windows');
  });
});

test('capabilities say what each provider gives', async () => {
  const runtime = { runtime: 'socket', yield: { tcp: 'ephemeralOnly', udp: 'ledger' }, handOver: 'reusePort' };
  expect((await selectProvider('linux', on('linux'))).capabilities).toEqual({
    ...runtime,
    persistent: 'ephemeralOnly',
  });
  expect((await selectProvider('ledger', on('linux'))).capabilities).toEqual({ ...runtime, persistent: 'ledger' });
  expect((await selectProvider('ledger', on('darwin'))).capabilities.yield).toEqual({ tcp: 'ledger', udp: 'ledger' });
});
