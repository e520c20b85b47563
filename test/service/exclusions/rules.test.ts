import { describe, expect, test } from 'vitest';
import type { ServiceError } from '../../../src/protocol/errors.ts';
import type { ExclusionStore, PortExclusion, Reservation } from '../../../src/protocol/generated/contract.ts';
import { alreadyThere } from '../../../src/service/exclusions/rules.ts';
import { checkMayRemove, type Remover } from '../../../src/service/refusals.ts';

const block = (startPort: number, numberOfPorts: number) => ({ startPort, numberOfPorts });

/** A row of Windows' table, which is what these rules meet there alone: ranges of drivers, and reservations. */
const row = (facts: Partial<PortExclusion> = {}): PortExclusion => ({
  protocol: 'tcp',
  range: block(5100, 100),
  store: 'active',
  source: 'netsh',
  administered: true,
  own: false,
  ...facts,
});

function refusalOf(work: () => unknown): Pick<ServiceError, 'errorName' | 'message'> {
  try {
    work();
  } catch (error) {
    const { errorName, message } = error as ServiceError;
    return { errorName, message };
  }
  throw new Error('not refused');
}

describe('what is asked to be excluded', () => {
  const ask = (range: PortExclusion['range'], store: ExclusionStore, ...listed: PortExclusion[]) =>
    alreadyThere({ protocol: 'tcp', range, store }, listed);

  test.each([
    ['nothing', []],
    ['a neighbour', [row({ range: block(5110, 10) })]],
    ['a range of a driver, which the system is to refuse', [row({ administered: false })]],
    ['its own until the next restart, asked for longer', [row({ range: block(5100, 10), own: true })]],
  ])('is made beside %s', (_what, listed) => {
    expect(ask(block(5100, 10), 'persistent', ...listed)).toBeUndefined();
  });

  test.each([
    ['its own', row({ range: block(5100, 10), own: true, store: 'persistent' }), 'persistent'],
    ['its own that lasts longer', row({ range: block(5100, 10), own: true, store: 'persistent' }), 'active'],
    ['another’s of the range', row({ range: block(5100, 10) }), 'active'],
    ['another’s that holds all of it', row({ store: 'persistent' }), 'persistent'],
  ] as const)('is there already as %s', (_what, listed, store) => {
    expect(ask(block(5100, 10), store, listed)).toBe(listed);
  });
});

describe('what is asked to be removed', () => {
  const remove = (exclusion: PortExclusion, facts: Partial<Remover> = {}) =>
    checkMayRemove(exclusion, { force: true, isSystems: false, reservation: undefined, ...facts });

  test('is no exclusion, but a range of a driver: not with force either', () => {
    expect(refusalOf(() => remove(row({ administered: false })))).toEqual({
      errorName: 'NotFound',
      message: 'tcp 5100-5199 is no exclusion but a range of a driver or of another program.',
    });
  });

  test('is no exclusion, but a reservation that netsh shows with a star', () => {
    const reservation = { protocol: 'tcp', range: row().range, lifetime: 'persistent' } as Reservation;
    expect(refusalOf(() => remove(row(), { reservation }))).toEqual({
      errorName: 'NotFound',
      message: 'tcp 5100-5199 is no exclusion but the persistent reservation tcp 5100-5199.',
    });
  });

  test('is recorded in the system’s ledger, which this user may only read', () => {
    expect(refusalOf(() => remove(row({ own: true }), { isSystems: true }))).toEqual({
      errorName: 'AccessDenied',
      message: 'tcp 5100-5199 is excluded by the system; this user may not change that.',
    });
  });

  test('goes if it is one’s own, or another’s with force', () => {
    expect(() => remove(row({ own: true }), { force: false })).not.toThrow();
    expect(() => remove(row())).not.toThrow();
    expect(refusalOf(() => remove(row(), { force: false })).errorName).toBe('NotOwner');
  });
});
