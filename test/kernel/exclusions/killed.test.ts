import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { killAtEachStep } from '../../providers/linux/support/kill-at-each-step.ts';
import { ports } from '../../providers/linux/support/sysctl.ts';
import { namespaceTitle, noNamespaces } from '../../support/namespace.ts';
import { only } from '../../support/only.ts';
import { openServiceLab, tcp } from './support/service.ts';

/** Neighbours of the exclusion, in the live list. */
const theirs = '4990-4999,5010-5019';

// Each test starts a dozen processes, one after the other.
const timeout = 300_000;

describe.skipIf(noNamespaces)(namespaceTitle('a worker killed at each step'), { timeout }, () => {
  test('of adding a persistent exclusion leaves what the change of a reservation completes', async () => {
    const lab = await openServiceLab();
    const { service, host, live, ownValue, listed } = lab;
    await killAtEachStep(
      lab,
      ({ callService }) => callService(host.env.PORT_RESERVATION_HOME!, 'addExclusion', tcp),
      async () => {
        const isRecorded = (await listed()).length > 0;
        const { token } = only(await service.create({ protocol: 'tcp', startPort: 7000, lifetime: 'persistent' }));
        const expected = isRecorded ? '5000-5009,7000' : '7000';
        expect([live(), ownValue()]).toEqual([expected, expected]);
        await service.release({ token });
        if (isRecorded) only(await service.removeExclusion(tcp));
      },
    );
  });

  test.each(['active', 'persistent'] as const)(
    'of adding an exclusion leaves what the next one completes (%s)',
    async (store) => {
      const lab = await openServiceLab();
      const { service, host, live, files, setLive, listed } = lab;
      const home = host.env.PORT_RESERVATION_HOME!;
      setLive(theirs);
      const params = { ...tcp, store, name: 'web' };
      const found = new Set<string>();
      const kills = await killAtEachStep(
        lab,
        ({ callService }) => callService(home, 'addExclusion', params),
        async () => {
          expect(live()).toMatch(/^4990-(4999,5010-)?5019$/);
          const now = (await listed()).filter((line) => line.startsWith('5000'));
          // Never as another's.
          for (const line of now) expect(line).toBe(`5000-5009 ${store} own web`);
          found.add(now.join());
          expect(only(await service.addExclusion(params))).toMatchObject({ own: true, name: 'web' });
          expect(live()).toBe('4990-5019');
          await service.removeExclusion(tcp);
          expect([live(), files()]).toEqual([theirs, []]);
        },
      );
      expect(found.size).toBe(2);
      expect(kills).toBeGreaterThan(12);
    },
  );

  test.each(['active', 'persistent'] as const)('of removing one leaves it, or nothing (%s)', async (store) => {
    const lab = await openServiceLab();
    const { service, host, live, files, setLive, listed } = lab;
    const home = host.env.PORT_RESERVATION_HOME!;
    setLive(theirs);
    const params = { ...tcp, store, name: 'web' };
    await service.addExclusion(params);
    const kills = await killAtEachStep(
      lab,
      ({ callService }) => callService(home, 'removeExclusion', tcp),
      async () => {
        const isListed = (await listed()).includes(`5000-5009 ${store} own web`);
        if (live() === '4990-5019') expect(isListed).toBe(true);
        await service.addExclusion(params);
        expect([live(), (await listed()).length]).toEqual(['4990-5019', 3]);
      },
    );
    expect([live(), files()]).toEqual([theirs, []]);
    expect(kills).toBeGreaterThan(6);
  });
});

describe.skipIf(noNamespaces)(namespaceTitle('a record without an exclusion'), () => {
  test('is not listed, stands in nobody’s way, and is dropped by the next change', async () => {
    const { service, host, setLive, sh, listed, live } = await openServiceLab();
    await service.addExclusion({ ...tcp, store: 'active', name: 'lost' });
    setLive('');
    sh('rm -r /run/port-reservation');
    expect(await listed()).toEqual([]);
    await expect(service.removeExclusion(tcp)).rejects.toMatchObject({ errorName: 'NotFound' });
    await service.addExclusion({ ...tcp, range: ports(5005), name: 'new' });
    expect([live(), await listed()]).toEqual(['5005-5014', ['5005-5014 persistent own new']]);
    const ledger = readFileSync(join(host.env.PORT_RESERVATION_HOME!, 'ledger.json'), 'utf8');
    expect(JSON.parse(ledger).exclusions.map(({ name }: { name: string }) => name)).toEqual(['new']);
  });
});
