import { describe, expect, test } from 'vitest';
import { runChild } from './support/run-child.ts';

/** No line of /etc/passwd has it; containers give such ids. */
const unknownUser = 1_001_380_000;
const root = process.geteuid?.() === 0;

const ask = (method: string, params: object) =>
  runChild({ userId: unknownUser }, 'ask', method, JSON.stringify(params));

describe.runIf(root)(`a user without a home${root ? '' : ' (skipped: not root)'}`, () => {
  test('finds, inspects and maps ports', async () => {
    const range = { startPort: 21_500, numberOfPorts: 1 };
    expect(await ask('find', { protocol: 'tcp', numberOfPorts: 1 })).toMatchObject({ ranges: [{ numberOfPorts: 1 }] });
    expect(await ask('inspect', { protocol: ['tcp'], ranges: [range] })).toMatchObject({
      ports: [{ port: 21_500, verdict: 'free' }],
    });
    expect(await ask('map', { protocol: 'tcp' })).toMatchObject({ maps: [{ protocol: 'tcp' }] });
    expect(await ask('list', {})).toEqual({ reservations: [] });
  });

  test.each([
    ['create', { protocol: 'tcp', numberOfPorts: 1 }],
    ['create', { protocol: 'tcp', numberOfPorts: 1, whatIf: true }],
    ['release', { token: '1' }],
  ])('is told what to set by what needs a ledger: %s %j', async (method, params) => {
    expect(await ask(method, params)).toMatchObject({
      errorName: 'NotSupported',
      message: `User ${unknownUser} has no home folder, so there is no place for a ledger.`,
      facts: { hint: expect.stringMatching(/HOME.*PORT_RESERVATION_HOME/) },
    });
  });
});
