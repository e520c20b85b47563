import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ExclusionRecord } from '../../../src/protocol/generated/contract.ts';
import { killAtEachStep } from '../../providers/linux/support/kill-at-each-step.ts';
import { openLab, ports } from '../../providers/linux/support/sysctl.ts';
import { namespaceTitle, noNamespaces } from '../../support/namespace.ts';
import { openServiceLab, tcp } from './support/service.ts';

/** Neighbours of the exclusion, in the live list. */
const theirs = '4990-4999,5010-5019';

/** The record that the service wrote before it asked the provider, and writes away after it. */
const recordOf = (store: ExclusionRecord['store']): ExclusionRecord => ({
  ...tcp,
  store,
  provider: 'linux',
  owner: { user: 'test' },
  createdAt: '2026-01-01T00:00:00.000Z',
});

const own = (store: string) => expect.objectContaining({ range: tcp.range, store });

// Each test starts a dozen processes, one after the other.
const timeout = 300_000;

describe.skipIf(noNamespaces)(namespaceTitle('a worker killed at each step of an exclusion'), { timeout }, () => {
  test.each(['active', 'persistent'] as const)(
    'is made good by adding it again, or removing it (%s)',
    async (store) => {
      const lab = await openLab();
      const { provider, live, files, setLive } = lab;
      setLive(theirs);
      const request = { ...tcp, store, restartNat: false };
      const record = recordOf(store);
      const listed = async () => (await provider.exclusions(['tcp'], [record])).exclusions;
      const kills = await killAtEachStep(
        lab,
        (killed) => killed.exclude(request),
        async () => {
          expect(live()).toMatch(/^4990-(4999,5010-)?5019$/);
          const isThere = live() === '4990-5019';
          const mine = (await listed()).filter(({ range }) => range.startPort === 5000);
          expect(mine).toEqual(store === 'persistent' || isThere ? [own(store)] : []);
          for (const found of mine) await provider.unexclude(found, true);
          expect(live()).toBe(theirs);
          const made = await provider.exclude(request);
          expect([live(), await listed()]).toEqual(['4990-5019', expect.arrayContaining([own(store)])]);
          await provider.unexclude(made, true);
          expect([live(), files()]).toEqual([theirs, []]);
        },
      );
      expect(kills).toBeGreaterThan(6);
    },
  );

  test('is made good by the change of a reservation, if the exclusion is persistent', async () => {
    const lab = await openLab();
    const { provider, live, ownValue } = lab;
    const record = recordOf('persistent');
    await killAtEachStep(
      lab,
      (killed) => killed.exclude({ ...tcp, store: 'persistent', restartNat: false }),
      async () => {
        await provider.settle([], [record]);
        expect([live(), ownValue()]).toEqual(['5000-5009', '5000-5009']);
        await provider.unexclude((await provider.exclusions(['tcp'], [record])).exclusions[0]!, true);
      },
    );
  });

  test.each(['active', 'persistent'] as const)(
    'while it removes one is made good by removing it again (%s)',
    async (store) => {
      const lab = await openLab();
      const { provider, live, files, setLive } = lab;
      setLive(theirs);
      const made = await provider.exclude({ ...tcp, store, restartNat: false });
      const kills = await killAtEachStep(
        lab,
        (killed) => killed.unexclude(made, true),
        async () => {
          expect(live()).toMatch(/^4990-(4999,5010-)?5019$/);
          await provider.exclude({ ...tcp, store, restartNat: false });
          expect(live()).toBe('4990-5019');
        },
      );
      expect(kills).toBeGreaterThan(3);
      expect([live(), files()]).toEqual([theirs, []]);
    },
  );
});

describe.skipIf(noNamespaces)(namespaceTitle('a record without an exclusion'), () => {
  test('is not listed, stands in nobody’s way, and is dropped by the next change', async () => {
    const { service, host, setLive, sh, listed, live } = await openServiceLab();
    await service.addExclusion({ ...tcp, store: 'active', name: 'lost' });
    setLive('');
    sh('rm /etc/sysctl.d/*');
    expect(await listed()).toEqual([]);
    await expect(service.removeExclusion(tcp)).rejects.toMatchObject({ errorName: 'NotFound' });
    await service.addExclusion({ ...tcp, range: ports(5005), name: 'new' });
    expect([live(), await listed()]).toEqual(['5005-5014', ['5005-5014 persistent own new']]);
    const ledger = readFileSync(join(host.env.PORT_RESERVATION_HOME!, 'ledger.json'), 'utf8');
    expect(JSON.parse(ledger).exclusions.map(({ name }: { name: string }) => name)).toEqual(['new']);
  });
});
