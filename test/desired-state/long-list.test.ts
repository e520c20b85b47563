import { expect, test } from 'vitest';
import { scattered } from '../providers/linux/support/sysctl.ts';
import { namespaceTitle, noNamespaces } from '../support/namespace.ts';
import { apply, openLab } from './support/lab.ts';

const theirs = scattered(660, 30_000);

test.skipIf(noNamespaces)(
  namespaceTitle('what is too long for the list of the system is refused as a whole, and foreseen'),
  async () => {
    const { worker, namespace, live, atBoot } = await openLab();
    namespace.sh(`echo 'net.ipv4.ip_local_reserved_ports = ${theirs}' > /etc/sysctl.d/10-theirs.conf`);
    const reservations = Array.from({ length: 40 }, (_, index) => ({
      protocol: 'tcp' as const,
      startPort: 23_000 + index * 2,
    }));
    const params = { text: JSON.stringify({ name: 'shop', reservations }), format: 'json' } as const;
    for (const whatIf of [true, false]) {
      const { changes, changed, failed } = await worker.request('desiredState/apply', { ...params, whatIf });
      expect([changed, failed]).toEqual([false, 40]);
      expect(new Set(changes.map(({ error }) => error?.name))).toEqual(new Set(['NotSupported']));
    }
    expect([live(), atBoot()]).toEqual(['', undefined]);
    expect((await worker.request('reservation/list', {})).reservations).toEqual([]);

    const few = { name: 'shop', reservations: reservations.slice(0, 20) };
    expect(await apply(worker, few)).toMatchObject({ failed: 0 });
    expect(atBoot()).toBe(`${few.reservations.map(({ startPort }) => startPort).join(',')},${theirs}`);
  },
);
