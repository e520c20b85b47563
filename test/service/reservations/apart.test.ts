import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openService } from '../../../src/open-service.ts';
import type { ReservationCreateParams } from '../../../src/protocol/generated/contract.ts';
import { stands } from '../../ledger/support/line.ts';
import { lockLedger } from '../../support/lock-ledger.ts';
import { refusal } from '../../support/machine.ts';
import { ownHost } from '../../support/own-host.ts';

async function two() {
  const host = ownHost();
  const services = [await openService({ host }), await openService({ host })] as const;
  onTestFinished(() => Promise.all(services.map((service) => service.close())).then(() => {}));
  return { home: host.env.PORT_RESERVATION_HOME!, services };
}

const within = { startPort: 23_400, numberOfPorts: 2 };

test('a port that another freed meanwhile, unseen, is found where no other is left', async () => {
  const { services } = await two();
  const [one, other] = services;
  const [first, second] = [
    await one.create({ within, protocol: 'tcp' }),
    await one.create({ within, protocol: 'tcp' }),
  ];
  const { errorName } = await refusal(other.create({ within, protocol: 'tcp' }));
  expect(errorName).toBe('NoFreeRange');
  await one.release({ token: first.reservations[0]!.token! });
  const { reservations } = await other.create({ within, protocol: 'tcp' });
  expect(reservations[0]!.range).toEqual(first.reservations[0]!.range);
  expect((await other.list()).reservations).toHaveLength(2);
  await one.release({ token: second.reservations[0]!.token! });
});

test('what is held by nothing is seen by the next choice, and none of it given', async () => {
  const { services } = await two();
  const [one, other] = services;
  await one.create({ within, protocol: 'tcp' });
  await other.create({ within, protocol: 'tcp', hold: 'none' });
  expect((await refusal(one.create({ within, protocol: 'tcp' }))).errorName).toBe('NoFreeRange');
  expect((await refusal(other.create({ within, protocol: 'tcp' }))).errorName).toBe('NoFreeRange');
});

const requests: [string, Omit<ReservationCreateParams, 'protocol'>, 'beside' | 'alone'][] = [
  ['strict', {}, 'beside'],
  ['yield', { hold: 'yield' }, 'beside'],
  ['held by nothing', { hold: 'none' }, 'alone'],
  ['a range that is named', { startPort: 23_410 }, 'alone'],
];

test.each(requests)('%s: with others who share the lock or not', async (_title, params, how) => {
  const { home, services } = await two();
  const [one] = services;
  await one.create({ protocol: 'tcp' });
  const unlock = await lockLedger(home, { isShared: true });
  const made = one.create({ protocol: 'tcp', ...params });
  if (how === 'beside') {
    await made;
    expect(existsSync(join(home, 'waiting'))).toBe(false);
    unlock();
    return;
  }
  await stands(home, 1);
  unlock();
  await made;
});
