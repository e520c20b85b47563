import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import type { Engine, Instance } from './support/engine.ts';
import { engineFor, installModule, noReservations, ownMachine, reservationsTitle } from './support/installed.ts';
import { CommandFailed } from './support/run-command.ts';

const block = (startPort: number, more: Instance = {}) => ({ protocol: 'tcp', startPort, numberOfPorts: 10, ...more });
const fifty = Array.from({ length: 50 }, (_, index) => block(23_000 + 10 * index, { name: `web ${index}` }));

useOwnNetwork();

const atEnd: (() => void)[] = [];
let modules: string;
beforeAll(() => {
  ({ modules } = installModule((work) => atEnd.push(work)));
});
afterAll(() => {
  for (const work of atEnd) work();
});

/** Engines for a list and for its parts, on one machine without any reservation. */
function ownEngines(): { lists: Engine; ones: Engine } {
  const env = ownMachine(onTestFinished);
  const [lists, ones] = ['ReservationList', 'Reservation'].map((name) =>
    engineFor(modules, `PortReservation/${name}`, { env }),
  );
  return { lists: lists!, ones: ones! };
}

const messages = async (promise: Promise<unknown>): Promise<string[]> => {
  const failure = await promise.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CommandFailed);
  expect((failure as CommandFailed).exitCode).not.toBe(0);
  return (failure as CommandFailed).traces.map(({ message }) => message);
};

const whatIf = async (lists: Engine, desired: Instance) =>
  ((await lists.whatIf(desired)).afterState._metadata as { whatIf: string[] }).whatIf;

const names = async (ones: Engine) => (await ones.export()).map(({ _name }) => _name);

describe.skipIf(noReservations)(reservationsTitle('a list under DSC'), () => {
  test('fifty reservations are made by one process, once', async () => {
    const { lists, ones } = ownEngines();
    const desired = { reservations: fifty };
    expect(await lists.set(desired)).toMatchObject({ changedProperties: ['reservations'] });
    expect(lists.calls).toEqual(['get', 'set']);
    expect(await ones.export()).toMatchObject(fifty);
    expect(await lists.set(desired)).toMatchObject({ changedProperties: [] });
    expect(await lists.test(desired)).toMatchObject({ inDesiredState: true, differingProperties: [] });
  });

  test('says which of them are not as desired', async () => {
    const { lists, ones } = ownEngines();
    await ones.set(fifty[0]!);
    await ones.set(fifty[1]!);
    const desired = [fifty[0]!, { ...fifty[1]!, name: 'shop' }, fifty[2]!, { ...fifty[3]!, _exist: false }];
    const { actualState, inDesiredState, differingProperties } = await lists.test({ reservations: desired });
    expect({ inDesiredState, differingProperties }).toEqual({
      inDesiredState: false,
      differingProperties: ['reservations'],
    });
    expect(actualState.reservations).toMatchObject([
      { name: 'web 0', _inDesiredState: true },
      { name: 'web 1', _inDesiredState: false },
      { _exist: false, _inDesiredState: false },
      { _exist: false, _inDesiredState: true },
    ]);
    expect(await whatIf(lists, { reservations: desired })).toEqual([
      'Would set the name of tcp 23010-23019 to "shop".',
      'Would reserve tcp 23020-23029 persistently.',
    ]);
    expect((await lists.set({ reservations: desired })).afterState.reservations).toMatchObject([
      { name: 'web 0' },
      { name: 'shop' },
      { name: 'web 2' },
      { _exist: false },
    ]);
  });

  test('makes what can be made and tells of all that cannot', async () => {
    const { lists, ones } = ownEngines();
    await ones.set(block(23_005));
    await ones.set(block(23_025));
    const failures = await messages(lists.set({ reservations: fifty.slice(0, 6) }));
    expect(failures).toEqual([
      expect.stringMatching(/^RangeReserved: tcp 23000-23009 overlaps .*23005-23014/),
      expect.stringMatching(/^RangeReserved: tcp 23010-23019 overlaps .*23005-23014/),
      expect.stringMatching(/^RangeReserved: tcp 23020-23029 overlaps .*23025-23034/),
      expect.stringMatching(/^RangeReserved: tcp 23030-23039 overlaps .*23025-23034/),
    ]);
    const again = await lists.set({ reservations: fifty.slice(0, 2) }).catch((error: unknown) => error);
    expect((again as CommandFailed).inWordsOf(lists.exitCodes)).toBe(
      "Command: Resource 'node' [exit code 103] manifest description: RangeReserved: The range overlaps a reservation.",
    );
    expect(await names(ones)).toEqual(['tcp 23005-23014', 'tcp 23025-23034', 'tcp 23040-23049', 'tcp 23050-23059']);
  });
});

describe.skipIf(noReservations)(reservationsTitle('a list with a document'), () => {
  const desired = { document: 'shop', reservations: fifty.slice(0, 3) };
  const fewer = { ...desired, reservations: fifty.slice(0, 1) };

  test('frees by purge what it no longer lists, and nothing else', async () => {
    const { lists, ones } = ownEngines();
    await lists.set(desired);
    await lists.set({ document: 'games', reservations: [block(24_000)] });
    await ones.set(block(25_000));
    expect(await lists.test(fewer)).toMatchObject({ inDesiredState: true });
    const purged = { ...fewer, _purge: true };
    expect(await lists.test(purged)).toMatchObject({ inDesiredState: false, differingProperties: ['reservations'] });
    expect(await whatIf(lists, purged)).toEqual(['Would free tcp 23010-23019.', 'Would free tcp 23020-23029.']);
    expect(await names(ones)).toHaveLength(5);
    const { beforeState, afterState } = await lists.set(purged);
    expect(beforeState.reservations).toHaveLength(3);
    expect(afterState.reservations).toMatchObject([{ name: 'web 0', document: 'shop' }]);
    expect(await names(ones)).toEqual(['tcp 23000-23009', 'tcp 24000-24009', 'tcp 25000-25009']);
    expect(await lists.set(purged)).toMatchObject({ changedProperties: [] });
  });

  test('gives ports back before it takes those that overlap them', async () => {
    const { lists, ones } = ownEngines();
    await lists.set(desired);
    const moved = { ...desired, reservations: [block(23_005)], _purge: true };
    expect(await whatIf(lists, moved)).toEqual([
      'Would reserve tcp 23005-23014 persistently.',
      'Would free tcp 23000-23009.',
      'Would free tcp 23010-23019.',
      'Would free tcp 23020-23029.',
    ]);
    await lists.set(moved);
    expect(await names(ones)).toEqual(['tcp 23005-23014']);
  });

  test('takes over what belongs to none, and refuses what belongs to another', async () => {
    const { lists, ones } = ownEngines();
    await ones.set(fifty[0]!);
    expect(await whatIf(lists, fewer)).toEqual(['Would set the document of tcp 23000-23009 to "shop".']);
    expect((await lists.set(fewer)).afterState.reservations).toMatchObject([{ name: 'web 0', document: 'shop' }]);
    const other = { ...fewer, document: 'games' };
    expect(await whatIf(lists, other)).toEqual([
      expect.stringMatching(
        /^Would fail: The persistent reservation tcp 23000-23009 .* for the document "shop" is that/,
      ),
    ]);
    expect(await messages(lists.set(other))).toEqual([expect.stringMatching(/^RangeReserved: .*"shop"/)]);
    expect(await ones.get(fifty[0]!)).toMatchObject({ document: 'shop' });
  });
});

describe.skipIf(noReservations)(reservationsTitle('what lists there are'), () => {
  async function shopAndGames(): Promise<{ lists: Engine; ones: Engine }> {
    const { lists, ones } = ownEngines();
    await lists.set({ document: 'shop', reservations: fifty.slice(0, 2) });
    await lists.set({ document: 'games', reservations: [block(24_000)] });
    await ones.set(block(25_000));
    return { lists, ones };
  }

  test('is exported, one for each document, as a configuration asks for it', async () => {
    const { lists } = await shopAndGames();
    const exported = await lists.export();
    expect(exported).toEqual([
      { _name: 'shop', document: 'shop', reservations: fifty.slice(0, 2) },
      { _name: 'games', document: 'games', reservations: [block(24_000)] },
    ]);
    for (const { _name, ...instance } of exported) {
      expect(await lists.test({ ...instance, _purge: true })).toMatchObject({ inDesiredState: true });
    }
    expect(await lists.export({ document: 'games' })).toEqual(exported.slice(1));
    expect(await lists.export({ document: 'none' })).toEqual([]);
  });

  test('is answered without input as one list of all', async () => {
    const { lists } = await shopAndGames();
    const { reservations } = await lists.get();
    expect(reservations).toMatchObject([
      { ...fifty[0], document: 'shop', _exist: true },
      { ...fifty[1], document: 'shop' },
      { ...block(24_000), document: 'games' },
      block(25_000),
    ]);
  });
});

describe.skipIf(noReservations)(reservationsTitle('a bad list'), () => {
  test.each([
    ['the same ports twice', [block(23_000), block(23_000)], 'reservations.1 is of the same ports as reservations.0'],
    ['an overlap', [block(23_000), block(23_009)], 'reservations.1 overlaps reservations.0, tcp 23000-23009'],
    ['a range past the last port', [block(65_530)], /^reservations\.0\.numberOfPorts must be at most 6 /],
  ])('with %s is refused by name, and changes nothing', async (_what, reservations, message) => {
    const { lists, ones } = ownEngines();
    expect(await messages(lists.set({ reservations }))).toEqual([expect.stringMatching(message)]);
    expect(await ones.export()).toEqual([]);
  });

  test('with _purge and no document is refused', async () => {
    const { lists } = ownEngines();
    expect(await messages(lists.set({ reservations: [], _purge: true }))).toEqual([
      'document is required with _purge: only what carries it is freed',
    ]);
  });
});
