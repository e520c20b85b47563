import { expect, test } from 'vitest';
import { scattered } from '../providers/linux/support/sysctl.ts';
import { namespaceTitle, noNamespaces } from '../support/namespace.ts';
import { apply, openLab } from './support/lab.ts';

/** The kernel's list takes no more than this from a file at boot. */
const longest = 4095;
const theirs = scattered(660, 30_000);

test.skipIf(noNamespaces)(namespaceTitle('where the list of the system is full, what still fits is made'), async () => {
  const { worker, namespace, live, atBoot } = await openLab();
  namespace.sh(`echo 'net.ipv4.ip_local_reserved_ports = ${theirs}' > /etc/sysctl.d/10-theirs.conf`);
  const reservations = Array.from({ length: 40 }, (_, index) => ({
    protocol: 'tcp' as const,
    startPort: 23_000 + index * 2,
  }));
  const { changes, failed } = await apply(worker, { name: 'shop', reservations });
  const made = changes.filter(({ error }) => !error).map(({ range }) => range.startPort);
  // Together they are too long for it, so they are made one by one: as many entries of six bytes as there is room for.
  expect(made.length).toBe(Math.floor((longest - theirs.length) / 6));
  expect(failed).toBe(40 - made.length);
  expect(new Set(changes.map(({ error }) => error?.name))).toEqual(new Set([undefined, 'NotSupported']));
  expect(live()).toBe(made.join(','));
  expect(atBoot()).toBe(`${made.join(',')},${theirs}`);
  expect((await worker.request('reservation/list', {})).reservations.map(({ range }) => range.startPort)).toEqual(made);
});
