import { describe, expect, onTestFinished, test } from 'vitest';
import { applyDesiredState } from '../../src/desired-state/apply.ts';
import { openService } from '../../src/open-service.ts';
import type { DesiredReservation, DesiredStateApplyParams } from '../../src/protocol/generated/contract.ts';
import type { PortService } from '../../src/service/port-service.ts';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { ownHost } from '../support/own-host.ts';

useOwnNetwork();

const first = 23_200;
const web: DesiredReservation = { protocol: 'tcp', startPort: first, numberOfPorts: 3, name: 'web', reason: 'front' };
const dns: DesiredReservation = { protocol: ['tcp', 'udp'], startPort: first + 10, name: 'dns' };

async function open(): Promise<PortService> {
  const service = await openService({ provider: 'ledger', host: ownHost() });
  onTestFinished(() => service.close());
  return service;
}

type Options = Partial<DesiredStateApplyParams> & { name?: string; signal?: AbortSignal };

async function apply(
  service: PortService,
  reservations: DesiredReservation[],
  { name = 'shop', ...options }: Options = {},
) {
  const { signal, ...params } = options;
  const asked = { text: JSON.stringify({ name, reservations }), format: 'json', ...params } as const;
  const { changes, changed, failed, warnings } = await applyDesiredState(service, asked, { signal });
  const lines = changes.map(({ action, protocol, range, error }) =>
    [action, protocol, range.startPort - first, ...(error ? [error.name] : [])].join(' '),
  );
  return { changes, lines, changed, failed, warnings };
}

const there = async (service: PortService) =>
  (await service.list()).reservations.map(
    ({ protocol, range, name, document }) =>
      `${protocol} ${range.startPort - first}+${range.numberOfPorts} ${name} ${document}`,
  );

test('what is missing is created, and a second time changes nothing', async () => {
  const service = await open();
  expect(await apply(service, [web, dns])).toMatchObject({
    lines: ['create tcp 0', 'create tcp 10', 'create udp 10'],
    changed: true,
    failed: 0,
  });
  expect(await there(service)).toEqual(['tcp 0+3 web shop', 'tcp 10+1 dns shop', 'udp 10+1 dns shop']);
  const before = await service.list();
  expect(await apply(service, [web, dns])).toMatchObject({
    lines: ['none tcp 0', 'none tcp 10', 'none udp 10'],
    changed: false,
    failed: 0,
  });
  expect(await service.list()).toEqual(before);
});

test('what differs is updated where it is; name and reason that are gone are taken away', async () => {
  const service = await open();
  await apply(service, [web]);
  const [before] = (await service.list()).reservations;
  const { changes, lines } = await apply(service, [{ ...web, name: 'shop', reason: undefined }]);
  expect(lines).toEqual(['update tcp 0']);
  expect(changes[0]).toMatchObject({
    differs: ['name', 'reason'],
    before: { name: 'web', reason: 'front' },
    after: { name: 'shop' },
  });
  expect(changes[0]!.after).not.toHaveProperty('reason');
  const { reason: _, ...rest } = before!;
  expect((await service.list()).reservations).toEqual([{ ...rest, name: 'shop' }]);
});

test('what nobody asked for is adopted', async () => {
  const service = await open();
  await service.create({ ...web, protocol: 'tcp', lifetime: 'persistent' });
  const { changes, lines } = await apply(service, [web]);
  expect(lines).toEqual(['update tcp 0']);
  expect(changes[0]).toMatchObject({ differs: ['document'], before: {}, after: { document: 'shop' } });
  expect(await there(service)).toEqual(['tcp 0+3 web shop']);
});

test('what another document asked for is left alone, and its change says whose it is', async () => {
  const service = await open();
  await apply(service, [web], { name: 'other' });
  const { changes, lines, changed, failed } = await apply(service, [web, dns]);
  expect(lines).toEqual(['update tcp 0 RangeReserved', 'create tcp 10', 'create udp 10']);
  expect([changed, failed]).toEqual([true, 1]);
  expect(changes[0]!.error!.message).toMatch(
    /^The persistent reservation tcp 23200-23202 "web" .* document "other" is /,
  );
  expect(changes[0]!.error!.hint).toContain('Take it out of the document "other"');
  expect(await there(service)).toEqual(['tcp 0+3 web other', 'tcp 10+1 dns shop', 'udp 10+1 dns shop']);
});

test('what is no longer in the document stays without prune, and goes with it; what is not its own stays', async () => {
  const service = await open();
  await apply(service, [web, dns]);
  await service.create({ protocol: 'tcp', startPort: first + 50, lifetime: 'persistent', name: 'mine' });
  await apply(service, [{ ...web, startPort: first + 60 }], { name: 'other' });
  expect((await apply(service, [web])).lines).toEqual(['none tcp 0']);
  expect((await apply(service, [web], { prune: true })).lines).toEqual([
    'release tcp 10',
    'release udp 10',
    'none tcp 0',
  ]);
  expect(await there(service)).toEqual(['tcp 0+3 web shop', 'tcp 50+1 mine undefined', 'tcp 60+3 web other']);
});

test('an entry of another size replaces its old self, also without prune', async () => {
  const service = await open();
  await apply(service, [web]);
  const larger = { ...web, startPort: first + 1, numberOfPorts: 5 };
  expect((await apply(service, [larger])).lines).toEqual(['release tcp 0', 'create tcp 1']);
  expect(await there(service)).toEqual(['tcp 1+5 web shop']);
});

test('an entry that cannot be made keeps its old self', async () => {
  const service = await open();
  await apply(service, [web, dns]);
  await service.create({ protocol: 'tcp', startPort: first + 5, name: 'mine', lifetime: 'persistent' });
  const larger = { ...web, numberOfPorts: 8 };
  const { lines, failed } = await apply(service, [larger, dns], { prune: true });
  expect(lines).toEqual(['release tcp 0 RangeReserved', 'create tcp 0 RangeReserved', 'none tcp 10', 'none udp 10']);
  expect(failed).toBe(2);
  expect(await there(service)).toContain('tcp 0+3 web shop');
});

test('an entry is made in both protocols or in none, and the others are made', async () => {
  const service = await open();
  await service.create({ protocol: 'udp', startPort: first + 10, name: 'mine' });
  const { lines, failed, changes } = await apply(service, [dns, web]);
  expect(lines).toEqual(['create tcp 10 RangeReserved', 'create udp 10 RangeReserved', 'create tcp 0']);
  expect(failed).toBe(2);
  expect(changes[0]!.error).toMatchObject({
    target: 'udp 23210',
    hint: expect.stringContaining('Choose ports outside'),
  });
  expect(await there(service)).toEqual(['tcp 0+3 web shop', 'udp 10+1 mine undefined']);
});

test('whatIf says what would be done, and what would fail, and changes nothing', async () => {
  const service = await open();
  await apply(service, [web]);
  await service.create({ protocol: 'udp', startPort: first + 10, name: 'mine' });
  await apply(service, [{ ...web, startPort: first + 30 }], { name: 'other' });
  const before = await service.list();
  const wanted = [{ ...web, numberOfPorts: 4 }, dns, { ...web, startPort: first + 30 }];
  const { lines, changed, failed } = await apply(service, wanted, { whatIf: true });
  expect(lines).toEqual([
    'release tcp 0',
    'create tcp 0',
    'create tcp 10 RangeReserved',
    'create udp 10 RangeReserved',
    'update tcp 30 RangeReserved',
  ]);
  expect([changed, failed]).toEqual([true, 3]);
  expect(await service.list()).toEqual(before);
});

test('a wrong document changes nothing', async () => {
  const service = await open();
  await expect(apply(service, [web, { ...web, startPort: 65_535 }])).rejects.toThrow(/reservations\.1\.numberOfPorts/);
  expect(await there(service)).toEqual([]);
});

test('two at once end as one after the other', async () => {
  const host = ownHost();
  const services = await Promise.all([1, 2, 3].map(() => openService({ provider: 'ledger', host })));
  const many = Array.from({ length: 20 }, (_, index) => ({ ...web, startPort: first + index * 3 }));
  const outcomes = await Promise.all(services.map((service) => apply(service, many, { prune: true })));
  expect(outcomes.map(({ failed }) => failed)).toEqual([0, 0, 0]);
  expect(await there(services[0]!)).toEqual(many.map(({ startPort }) => `tcp ${startPort - first}+3 web shop`));

  const none = await Promise.all(services.map((service) => apply(service, [], { prune: true })));
  expect(none.map(({ failed }) => failed)).toEqual([0, 0, 0]);
  expect(await there(services[0]!)).toEqual([]);
});

describe('a plan that was overtaken', () => {
  /** Two services on one ledger; the second lets the work be done between its look and its first step. */
  async function overtaken(work: (service: PortService) => Promise<unknown>): Promise<[PortService, PortService]> {
    const host = ownHost();
    const services = await Promise.all([1, 2].map(() => openService({ provider: 'ledger', host })));
    onTestFinished(async () => void (await Promise.all(services.map((service) => service.close()))));
    const [first, second] = services as [PortService, PortService];
    const present = second.present.bind(second);
    second.present = async (...args) => {
      const seen = await present(...args);
      await work(first);
      return seen;
    };
    return [first, second];
  }

  test('by the same creation is no failure', async () => {
    const [, second] = await overtaken((first) => apply(first, [web, dns]));
    expect(await apply(second, [web, dns])).toMatchObject({ failed: 0 });
    expect(await there(second)).toEqual(['tcp 0+3 web shop', 'tcp 10+1 dns shop', 'udp 10+1 dns shop']);
  });

  test('by the same release is no failure and no change', async () => {
    const [first, second] = await overtaken((one) => apply(one, [], { prune: true }));
    await apply(first, [web, dns]);
    const { lines, changed, failed } = await apply(second, [], { prune: true });
    expect([lines, changed, failed]).toEqual([['none tcp 0', 'none tcp 10', 'none udp 10'], false, 0]);
  });

  test("takes nothing that became another document's", async () => {
    const [first, second] = await overtaken(async (one) => {
      await apply(one, [], { prune: true });
      await apply(one, [web, dns], { name: 'other' });
    });
    await apply(first, [web]);
    const larger = { ...web, numberOfPorts: 5 };
    expect((await apply(second, [larger, dns])).lines).toEqual([
      'release tcp 0 RangeReserved',
      'create tcp 0 RangeReserved',
      'create tcp 10 RangeReserved',
      'create udp 10 RangeReserved',
    ]);
    expect(await there(second)).toEqual(['tcp 0+3 web other', 'tcp 10+1 dns other', 'udp 10+1 dns other']);
  });
});

test('a cancelled one says what it did not come to', async () => {
  const service = await open();
  const { lines, changed, failed } = await apply(service, [web, dns], { signal: AbortSignal.abort() }).catch(
    (error) => {
      expect(error).toMatchObject({ name: 'AbortError' });
      return { lines: [], changed: false, failed: 0 };
    },
  );
  expect([lines, changed, failed]).toEqual([[], false, 0]);
  await apply(service, [web]);
  const stop = new AbortController();
  const carryOut = service.carryOut.bind(service);
  service.carryOut = async (...args) => {
    stop.abort();
    return carryOut(...args);
  };
  const larger = { ...web, numberOfPorts: 5 };
  expect((await apply(service, [dns, larger], { signal: stop.signal })).lines).toEqual([
    'create tcp 10 RequestCancelled',
    'create udp 10 RequestCancelled',
    'release tcp 0 RequestCancelled',
    'create tcp 0 RequestCancelled',
  ]);
  expect(await there(service)).toEqual(['tcp 0+3 web shop']);
  expect((await apply(service, [dns, larger])).failed).toBe(0);
  expect(await there(service)).toEqual(['tcp 0+5 web shop', 'tcp 10+1 dns shop', 'udp 10+1 dns shop']);
});

test('what is created and what is released is told with name and reason', async () => {
  const service = await open();
  const label = { name: 'web', reason: 'front' };
  expect((await apply(service, [web], { whatIf: true })).changes).toMatchObject([{ action: 'create', after: label }]);
  await apply(service, [web]);
  const { changes } = await apply(service, [], { prune: true });
  expect(changes).toEqual([expect.objectContaining({ action: 'release', before: label })]);
});

test('a name that is left at other ports for want of prune is warned of, and pruned it is not', async () => {
  const service = await open();
  expect((await apply(service, [web, dns])).warnings).toBeUndefined();
  const moved = { ...web, startPort: first + 20 };
  for (const whatIf of [true, false]) {
    const { lines, warnings } = await apply(service, [moved, dns], { whatIf });
    expect(lines).toEqual(['create tcp 20', 'none tcp 10', 'none udp 10']);
    expect(warnings).toEqual([
      `tcp ${first}-${first + 2} still has the name "web", which the document gives to other ports now: with prune it is released.`,
    ]);
  }
  expect((await apply(service, [moved, dns])).warnings).toHaveLength(1);
  expect((await apply(service, [moved, dns], { prune: true })).warnings).toBeUndefined();
  expect(await there(service)).toEqual(['tcp 10+1 dns shop', 'tcp 20+3 web shop', 'udp 10+1 dns shop']);
});
