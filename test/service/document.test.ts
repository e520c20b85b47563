import { expect, test } from 'vitest';
import { openService } from '../../src/open-service.ts';
import type { ReservationCreateParams } from '../../src/protocol/generated/contract.ts';
import type { PortService } from '../../src/service/port-service.ts';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { only } from '../support/only.ts';
import { ownHost } from '../support/own-host.ts';

useOwnNetwork();

const range = { startPort: 23_100, numberOfPorts: 2 };
const wanted = { protocol: 'tcp', ...range, lifetime: 'persistent' } as const;
const open = () => openService({ provider: 'ledger', host: ownHost() });
const update = async (service: PortService, label: Partial<ReservationCreateParams>) =>
  only(await service.create({ ...wanted, ifExists: 'update', ...label }));

test('a reservation carries the document that asked for it, and is listed by it', async () => {
  const service = await open();
  const made = only(await service.create({ ...wanted, document: 'shop' }));
  expect(made.document).toBe('shop');
  await service.create({ protocol: 'udp', lifetime: 'persistent' });
  expect(await service.list({ document: 'shop' })).toEqual({ reservations: [made] });
  expect((await service.list({ document: 'Shop' })).reservations).toEqual([]);
});

test('update makes what is missing, and gives what is there another label and nothing else', async () => {
  const service = await open();
  const made = await update(service, { name: 'web', reason: 'the front end' });
  const updated = await update(service, { name: 'shop', document: 'shop' });
  const { reason: _, ...rest } = made;
  expect(updated).toEqual({ ...rest, name: 'shop', document: 'shop' });
  expect(await service.list()).toEqual({ reservations: [updated] });
  expect(await update(service, { name: 'shop', document: 'shop' })).toEqual(updated);
});

test('update renames a runtime reservation that goes on being held', async () => {
  const service = await open();
  const { range: held } = only(await service.create({ protocol: 'tcp', name: 'before' }));
  const updated = only(await service.create({ protocol: 'tcp', ...held, name: 'after', ifExists: 'update' }));
  expect(only(await service.lookup({ protocol: 'tcp', range: held }))).toEqual(updated);
  expect(only(await service.release({ token: updated.token }))).toEqual(updated);
});

test('update takes both protocols: one is there under another name, the other is made', async () => {
  const service = await open();
  await service.create({ ...wanted, name: 'before' });
  const params = { ...wanted, protocol: ['udp', 'tcp'], name: 'dns', ifExists: 'update' } as const;
  const { reservations } = await service.create({ ...params, protocol: [...params.protocol] });
  expect(reservations.map(({ protocol, name }) => `${protocol} ${name}`)).toEqual(['udp dns', 'tcp dns']);
  expect((await service.list()).reservations).toHaveLength(2);
});

test.each([['other'], [undefined]])("update for the document %s leaves another document's alone", async (document) => {
  const service = await open();
  const made = only(await service.create({ ...wanted, name: 'web', document: 'shop' }));
  await expect(update(service, { name: 'web', document })).rejects.toMatchObject({
    errorName: 'RangeReserved',
    message: expect.stringMatching(
      /^The persistent reservation tcp 23100-23101 "web" of \S+, for the document "shop" /,
    ),
    facts: { hint: expect.stringContaining('the document "shop"') },
  });
  expect(await service.list()).toEqual({ reservations: [made] });
});

test('release for a document frees its own alone', async () => {
  const service = await open();
  await service.create({ ...wanted, document: 'shop' });
  const release = (document: string) => service.release({ protocol: 'tcp', range, document });
  await expect(release('other')).rejects.toMatchObject({
    errorName: 'NotFound',
    message: 'There is no reservation of tcp 23100-23101 for the document "other".',
  });
  await release('shop');
  expect(await service.list()).toEqual({ reservations: [] });
});
