import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { applyDesiredState } from '../../src/desired-state/apply.ts';
import type { DesiredReservation } from '../../src/protocol/generated/contract.ts';
import { formatPorts } from '../../src/protocol/ranges.ts';
import { openServiceLab, type ServiceLab } from '../kernel/exclusions/support/service.ts';
import { folder, ownFile } from '../providers/linux/support/sysctl.ts';
import { namespaceTitle, noNamespaces } from '../support/namespace.ts';

const first = 5000;
const at = (offset: number, numberOfPorts: number): DesiredReservation => ({
  protocol: 'tcp',
  startPort: first + offset,
  numberOfPorts,
});
const inBoth = (entry: DesiredReservation): DesiredReservation => ({ ...entry, protocol: ['tcp', 'udp'] });

/** What makes a step of a change fail, and what makes it work again. */
interface Obstacle {
  why: string;
  put(lab: ServiceLab): unknown;
  takeAway?(lab: ServiceLab): unknown;
}

const newLedger = ({ host }: ServiceLab) => join(host.env.PORT_RESERVATION_HOME!, 'ledger.json.new');

const ledger: Obstacle = {
  why: 'the ledger cannot be written',
  put: (lab) => mkdirSync(newLedger(lab)),
  takeAway: (lab) => rmdirSync(newLedger(lab)),
};
const disk: Obstacle = {
  why: 'the disk is full',
  put: ({ sh }) =>
    sh(`mount -o remount,size=64k ${folder}; head -c 1M /dev/zero > ${folder}/ballast 2>/dev/null || true`),
};
const ourFile: Obstacle = {
  why: 'our file cannot be replaced',
  put: ({ sh }) => sh(`mount --bind ${ownFile} ${ownFile}`),
};
const server = (protocol: 'tcp' | 'udp', offset: number): Obstacle => ({
  why: `a ${protocol} server has port ${offset + 1} of it`,
  put: ({ openSocket }) => openSocket(protocol, first + offset, '127.0.0.1'),
});

const changes: [what: string, before: DesiredReservation[], after: DesiredReservation[], obstacles: Obstacle[]][] = [
  ['grows', [at(0, 3)], [at(0, 5)], [ledger, disk, ourFile, server('tcp', 3)]],
  ['shrinks', [at(0, 5)], [at(1, 3)], [ledger, disk, ourFile]],
  ['is split', [at(0, 4)], [at(0, 2), at(2, 3)], [ledger, disk, ourFile, server('tcp', 4)]],
  ['is joined', [at(0, 2), at(2, 2)], [at(0, 5)], [ledger, disk, ourFile, server('tcp', 4)]],
  ['grows in both', [inBoth(at(0, 3))], [inBoth(at(0, 4))], [ledger, ourFile, server('udp', 3)]],
  ['goes', [at(0, 3)], [], [ledger, ourFile]],
];
const cases = changes.flatMap(([what, before, after, obstacles]) =>
  obstacles.map((obstacle) => [what, obstacle.why, { before, after, obstacle }] as const),
);

describe.skipIf(noNamespaces)(namespaceTitle('what was reserved stays so'), () => {
  test.each(cases)('when an entry %s and %s', async (_what, _why, { before, after, obstacle }) => {
    const lab = await openServiceLab();
    const { service, live, read } = lab;
    const apply = (reservations: DesiredReservation[]) => {
      const text = JSON.stringify({ name: 'shop', reservations });
      return applyDesiredState(service, { text, format: 'json', prune: true });
    };
    const state = async () => {
      const { reservations } = await service.list();
      return [live(), read(ownFile), reservations.map(({ protocol, range }) => formatPorts(protocol, range))];
    };
    expect((await apply(before)).failed).toBe(0);
    const there = await state();
    await obstacle.put(lab);
    const { changed, failed } = await apply(after);
    await obstacle.takeAway?.(lab);
    expect(await state()).toEqual(there);
    expect(changed).toBe(false);
    expect(failed).toBeGreaterThan(0);
  });
});
