import { describe, expect, test } from 'vitest';
import { ServiceError } from '../../../src/protocol/errors.ts';
import { packageVersion, protocolVersion } from '../../../src/protocol/generated/contract.ts';
import { connect, fakeService } from '../support.ts';

describe('initialize', () => {
  test('says who answers, on which provider', async () => {
    const seen: unknown[] = [];
    const { peer } = connect(undefined, { onInitialize: (params) => seen.push(params) });
    const params = { clientInfo: { name: 'test' }, processId: 4711, protocolVersion };
    peer.request(1, 'initialize', params);
    expect((await peer.next()).result).toEqual({
      serverInfo: { name: 'portreservation', version: packageVersion },
      protocolVersion,
      platform: 'linux',
      provider: 'ledger',
      capabilities: fakeService().capabilities,
    });
    expect(seen).toEqual([params]);
  });

  test.each([protocolVersion + 1, 99])('refuses version %i and names both', async (theirs) => {
    const { peer } = connect();
    peer.request(1, 'initialize', { protocolVersion: theirs });
    const { error } = await peer.next();
    const hint = expect.stringMatching(/Update the worker/);
    expect(error).toMatchObject({ code: 6, data: { name: 'NotSupported', hint } });
    expect(error?.message).toMatch(new RegExp(`version ${protocolVersion}.* version ${theirs}`));
  });

  test('must be the first request', async () => {
    const { peer } = connect();
    peer.request(1, 'reservation/list');
    peer.request(2, 'initialize');
    await peer.next();
    expect((await peer.next()).error).toMatchObject({ code: -32600, message: expect.stringMatching(/first request/) });
  });

  test('is served once', async () => {
    const { peer } = connect();
    peer.request(1, 'initialize');
    peer.request(2, 'initialize');
    const answers = [await peer.next(), await peer.next()];
    expect(answers.find(({ id }) => id === 2)?.error).toMatchObject({ code: -32600 });
  });

  test.each([
    ['the one it names', { provider: 'ledger' }, 'ledger'],
    ['the default when it names none', {}, 'linux'],
  ])('opens the service with %s', async (_title, params, expected) => {
    const opened: string[] = [];
    const openService = async ({ provider }: { provider: string }) => opened.push(provider) && fakeService();
    const { peer } = connect(undefined, { provider: 'linux', openService: openService as never });
    peer.request(1, 'initialize', params);
    await peer.next();
    peer.request(2, 'reservation/list');
    await peer.next();
    expect(opened).toEqual([expected]);
  });

  test('a service that did not open is tried again', async () => {
    let tries = 0;
    const openService = async () => {
      if (++tries === 1) throw new ServiceError('OsError', 'The disk is full.');
      return fakeService();
    };
    const { peer } = connect(undefined, { openService });
    peer.request(1, 'reservation/list');
    expect((await peer.next()).error?.message).toBe('The disk is full.');
    peer.request(2, 'reservation/list');
    expect((await peer.next()).result).toBeDefined();
  });
});
