import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { portreservation } from '../cli/support.ts';
import { noGate } from '../kernel/gate/support/room.ts';
import { namespaceTitle, noNamespaces } from '../support/namespace.ts';
import type { Change, Face } from './support/face.ts';
import { faces } from './support/faces.ts';
import { Situation } from './support/situation.ts';

const first = 23_000;
const block = { protocol: 'tcp', startPort: first, numberOfPorts: 10 } as const;

const reserve: Change = { kind: 'reserve', ...block, name: 'web' };
const guard: Change = { ...reserve, kernelFor: 'token' };
const guardForUser: Change = { ...reserve, kernelFor: 'nobody' };
const release: Change = { kind: 'release', ...block };
const exclude: Change = { kind: 'exclude', ...block, name: 'web' };
const include: Change = { kind: 'include', ...block };

/** How things stand before the change, and what it then ends in. */
const table: {
  title: string;
  prepare: (at: Situation) => Promise<unknown>;
  asUser?: true;
  ends: [Change, RegExp][];
}[] = [
  {
    title: 'nothing is there',
    prepare: async () => {},
    ends: [
      [reserve, /^done$/],
      [release, /^NotFound|^done$/],
      [exclude, /^done$/],
      [include, /^NotFound|^done$/],
    ],
  },
  {
    title: 'exactly this reservation is there',
    prepare: (at) =>
      at.portreservation('new', '--persistent', '--start-port', '23000', '--ports', '10', '--name', 'old'),
    ends: [
      [reserve, /^RangeReserved|^done$/],
      [release, /^done$/],
      [exclude, /^RangeReserved/],
      [include, /^NotFound|^done$/],
    ],
  },
  {
    title: 'a reservation overlaps',
    prepare: (at) => at.portreservation('new', '--persistent', '--start-port', '22995', '--ports', '10'),
    ends: [
      [reserve, /^RangeReserved/],
      [release, /^NotFound|^done$/],
      [exclude, /^RangeReserved/],
    ],
  },
  {
    title: 'a server listens on one of the ports',
    prepare: (at) => at.listen(first + 5),
    ends: [
      [reserve, /^PortInUse/],
      [exclude, /^done$/],
    ],
  },
  {
    title: 'somebody else excludes the ports',
    prepare: async (at) => at.sh('echo 22990-23020 > /proc/sys/net/ipv4/ip_local_reserved_ports'),
    ends: [
      [reserve, /^RangeExcluded/],
      [exclude, /^RangeExcluded/],
      [include, /^NotFound|^done$/],
    ],
  },
  {
    title: 'somebody else excludes exactly them for good',
    prepare: async (at) =>
      at.sh(
        'echo 23000-23009 > /proc/sys/net/ipv4/ip_local_reserved_ports; echo net.ipv4.ip_local_reserved_ports=23000-23009 > /etc/sysctl.d/50-x.conf',
      ),
    ends: [
      [reserve, /^RangeExcluded/],
      [exclude, /^done$/],
      [include, /^NotOwner/],
    ],
  },
  {
    title: 'exactly this exclusion is there',
    prepare: (at) => at.portreservation('exclude', 'add', '23000-23009', '--name', 'old'),
    ends: [
      [reserve, /^RangeExcluded/],
      [exclude, /^done$/],
      [include, /^done$/],
    ],
  },
  {
    title: "another document's reservation is there",
    prepare: (at) =>
      at.portreservation('new', '--persistent', '--start-port', '23000', '--ports', '10', '--document', 'games'),
    ends: [
      [{ ...reserve, document: 'shop' }, /^RangeReserved/],
      [{ ...release, document: 'shop' }, /^NotFound|^done$/],
    ],
  },
  {
    title: 'the user has no right',
    prepare: async () => {},
    asUser: true,
    ends: [
      [reserve, /^AccessDenied/],
      [exclude, /^AccessDenied/],
    ],
  },
  {
    title: 'a file that is applied later sets the list',
    prepare: async (at) => at.sh('echo net.ipv4.ip_local_reserved_ports=1 > /etc/sysctl.d/zzz.conf'),
    ends: [
      [reserve, /^NotSupported/],
      [exclude, /^NotSupported/],
    ],
  },
];

/** The same of what the kernel is to enforce. */
const kernelTable: typeof table = [
  {
    title: 'nothing is there',
    prepare: async () => {},
    ends: [
      [guard, /^done$/],
      [guardForUser, /^done$/],
    ],
  },
  {
    title: 'exactly this reservation is there, and the kernel enforces it',
    prepare: (at) =>
      at.portreservation('new', '--persistent', '--start-port', '23000', '--ports', '10', '--enforcement', 'kernel'),
    ends: [
      [guard, /^RangeReserved|^done$/],
      [reserve, /^RangeReserved|^done$/],
      [release, /^done$/],
      [exclude, /^RangeReserved/],
    ],
  },
  {
    title: 'a server listens on one of the ports',
    prepare: (at) => at.listen(first + 5),
    ends: [[guard, /^PortInUse/]],
  },
  {
    title: 'the kernel keeps one of the ports for another ledger',
    prepare: (at) =>
      at.run(['env', `PORT_RESERVATION_HOME=${at.home}/other`, process.execPath, portreservation, ...another]),
    ends: [[guard, /^RangeExcluded|^RangeReserved/]],
  },
  {
    title: 'no BPF file system is mounted',
    prepare: async (at) => at.sh('umount /sys/fs/bpf'),
    ends: [
      [guard, /^NotSupported/],
      [reserve, /^done$/],
    ],
  },
  {
    title: 'the user has no right',
    prepare: async () => {},
    asUser: true,
    ends: [[guard, /^AccessDenied/]],
  },
];

const another = ['new', '--persistent', '--start-port', '23009', '--enforcement', 'kernel'];

/** A trace that begins with the error's name and goes on with this sentence. */
const startOf = (sentence: string) => new RegExp(`^\\w+: ${sentence.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}`);

const all = [...table, ...(noGate ? [] : kernelTable)].flatMap(({ title, ends, ...rest }) =>
  ends.map(([change, end]) => ({
    title,
    change,
    end,
    what: `${change.kind}${change.kernelFor ? ` by the kernel, for ${change.kernelFor}` : ''}${change.document ? ' for a document' : ''}`,
    ...rest,
  })),
);

describe.skipIf(noNamespaces)(namespaceTitle('what would happen is what happens'), () => {
  let at: Situation;
  beforeAll(async () => {
    at = await Situation.open();
  });
  afterAll(() => at?.close());

  describe.each(faces.map((face) => [face.name + (face.missing ?? ''), face] as const))('%s', (_, face: Face) => {
    afterAll(() => face.close?.());
    const changes = all.filter(({ change, asUser }) => face.can(change, Boolean(asUser)));
    test.skipIf(face.missing).each(changes)('$title: $what', async ({ prepare, change, end, asUser }) => {
      await at.reset({ asUser });
      await prepare(at);
      const before = at.state();
      const foreseen = await face.make(at, change, true);
      expect(at.state()).toEqual(before);
      const happened = await face.make(at, change, false);
      if (face.saysMore && happened !== 'done') expect(happened).toMatch(startOf(foreseen));
      else expect(foreseen).toBe(happened);
      expect(happened).toMatch(end);
      if (happened !== 'done') expect(at.state()).toEqual(before);
    });
  });
});
