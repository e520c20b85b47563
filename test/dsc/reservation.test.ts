import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { thisHost } from '../../src/host.ts';
import { openService } from '../../src/open-service.ts';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import type { Engine } from './support/engine.ts';
import { engineFor, installModule, noReservations, ownMachine, reservationsTitle } from './support/installed.ts';
import type { Manifest } from './support/manifest.ts';

const type = 'PortReservation/Reservation';
const key = { protocol: 'tcp' as const, startPort: 23_000, numberOfPorts: 10 };
const web = { ...key, name: 'web', reason: 'the shop' };
const gone = { ...key, _exist: false };

useOwnNetwork();

const atEnd: (() => void)[] = [];
let modules: string;
beforeAll(() => {
  ({ modules } = installModule((work) => atEnd.push(work)));
});
afterAll(() => {
  for (const work of atEnd) work();
});

/** The engine on a machine without any reservation. */
const ownEngine = (change?: (manifest: Manifest) => void): Engine =>
  engineFor(modules, type, { env: ownMachine(onTestFinished) }, change);

const recorded = {
  enforcement: 'ledger',
  provider: 'ledger',
  owner: { user: expect.any(String) },
  createdAt: expect.any(String),
};

describe.skipIf(noReservations)(reservationsTitle('a reservation under DSC'), () => {
  test('is made once: the second set finds it as desired', async () => {
    const engine = ownEngine();
    expect(await engine.get(web)).toEqual(gone);
    expect(await engine.test(web)).toEqual({
      actualState: { ...gone, _inDesiredState: false },
      inDesiredState: false,
      differingProperties: ['_exist', 'name', 'reason'],
    });
    engine.calls = [];
    expect(await engine.set(web)).toEqual({
      beforeState: gone,
      afterState: { ...web, _exist: true, ...recorded },
      changedProperties: ['_exist', 'name', 'reason'],
    });
    expect(engine.calls).toEqual(['get', 'set']);
    const now = await engine.get(web);
    expect(now).toEqual({ ...web, _exist: true, ...recorded });
    expect(await engine.set(web)).toEqual({ beforeState: now, afterState: now, changedProperties: [] });
    expect(await engine.test(web)).toMatchObject({ inDesiredState: true, differingProperties: [] });
  });

  test('is made once by two at the same time', async () => {
    const engine = ownEngine();
    const results = await Promise.all([engine.set(web), engine.set(web)]);
    expect(results.map(({ afterState }) => afterState)).toEqual([await engine.get(web), await engine.get(web)]);
  });

  test('that is asked for without a name is as desired under any', async () => {
    const engine = ownEngine();
    await engine.set(web);
    expect(await engine.test(key)).toMatchObject({ inDesiredState: true });
  });

  test('gets another name and reason without being given back', async () => {
    const engine = ownEngine();
    const { afterState } = await engine.set(web);
    const renamed = { ...key, name: 'shop' };
    expect(await engine.test(renamed)).toMatchObject({ inDesiredState: false, differingProperties: ['name'] });
    expect((await engine.whatIf(renamed)).afterState).toEqual({
      ...afterState,
      name: 'shop',
      _metadata: { whatIf: ['Would set the name of tcp 23000-23009 to "shop".'] },
    });
    expect(await engine.set(renamed)).toEqual({
      beforeState: afterState,
      afterState: { ...afterState, name: 'shop' },
      changedProperties: ['name'],
    });
  });

  test('goes by set where it is not to exist', async () => {
    const engine = ownEngine();
    await engine.set(web);
    engine.calls = [];
    expect(await engine.configure(gone)).toEqual({
      beforeState: { ...web, _exist: true, ...recorded },
      afterState: gone,
      changedProperties: ['_exist'],
    });
    expect(engine.calls).toEqual(['get', 'set']);
    expect(await engine.test(gone)).toMatchObject({ inDesiredState: true, differingProperties: [] });
    expect(await engine.set(gone)).toMatchObject({ changedProperties: [] });
  });

  test('goes by delete, also when it is gone already', async () => {
    const engine = ownEngine();
    await engine.set(web);
    await engine.delete(key);
    expect(await engine.get(key)).toEqual(gone);
    await engine.delete(key);
  });

  test('goes by delete only after a what-if has said so', async () => {
    const engine = ownEngine();
    expect(await engine.deleteWhatIf(key)).toEqual([]);
    await engine.set(web);
    expect(await engine.deleteWhatIf(key)).toEqual(['Would free tcp 23000-23009.']);
    expect(engine.calls.at(-1)).toBe('deleteWhatIf');
    expect(await engine.get(key)).toMatchObject(web);
  });

  test('is exported as a configuration asks for it, and one by one', async () => {
    const engine = ownEngine();
    expect(await engine.export()).toEqual([]);
    const game = { protocol: 'udp', startPort: 23_000, numberOfPorts: 1 };
    for (const instance of [web, game]) await engine.set(instance);
    const exported = await engine.export();
    expect(exported).toEqual([
      { _name: 'tcp 23000-23009', ...web },
      { _name: 'udp 23000', ...game },
    ]);
    const other = ownEngine();
    for (const { _name, ...instance } of exported) await other.set(instance);
    expect(await other.export()).toEqual(exported);
  });

  test.each([
    [{ name: 'web' }, ['tcp 23000-23009']],
    [{ protocol: 'udp' }, ['udp 23000']],
    [{ startPort: 23_000 }, ['tcp 23000-23009', 'udp 23000']],
    [{ startPort: 23_000, numberOfPorts: 1 }, ['udp 23000']],
    [{ document: 'shop' }, ['udp 23000']],
    [{ name: 'web', protocol: 'udp' }, []],
  ])('is exported where it agrees with %j', async (filter, names) => {
    const env = ownMachine(onTestFinished);
    const engine = engineFor(modules, type, { env });
    const lists = engineFor(modules, 'PortReservation/ReservationList', { env });
    await engine.set(web);
    await lists.set({ document: 'shop', reservations: [{ protocol: 'udp', startPort: 23_000, numberOfPorts: 1 }] });
    expect((await engine.export(filter)).map(({ _name }) => _name)).toEqual(names);
  });

  test('is not exported by a filter that nobody knows', async () => {
    await expect(ownEngine().export({ colour: 'red' })).rejects.toThrow('must NOT have additional properties');
  });

  test('tells nobody the token that lets a program in', async () => {
    const env = ownMachine(onTestFinished);
    const engine = engineFor(modules, type, { env });
    const results = [
      await engine.whatIf(web),
      await engine.set(web),
      await engine.get(web),
      await engine.test(web),
      await engine.set({ ...web, name: 'shop' }),
      await engine.export(),
      await engineFor(modules, 'PortReservation/ReservationList', { env }).get(),
    ];
    const service = await openService({ provider: 'ledger', host: { ...thisHost(), env } });
    onTestFinished(() => service.close());
    const { reservations } = await service.lookup({ protocol: 'tcp', range: key });
    expect(reservations[0]!.token).toMatch(/^\d+$/);
    expect(JSON.stringify(results)).not.toContain(reservations[0]!.token);
  });

  test('is not the runtime one of the same ports, which is in its way', async () => {
    const env = ownMachine(onTestFinished);
    const service = await openService({ provider: 'ledger', host: { ...thisHost(), env } });
    onTestFinished(() => service.close());
    await service.create(key);
    const engine = engineFor(modules, type, { env });
    expect(await engine.get(key)).toEqual(gone);
    expect(await engine.test(gone)).toMatchObject({ inDesiredState: true });
    await expect(engine.set(key)).rejects.toThrow(/RangeReserved: tcp 23000-23009 overlaps the runtime reservation /);
    await engine.delete(key);
    expect(await service.list()).toMatchObject({ reservations: [{ lifetime: 'runtime' }] });
  });

  test('takes what it returned, and what a configuration adds to it', async () => {
    const engine = ownEngine();
    const { afterState } = await engine.set(web);
    const again = { ...afterState, _metadata: { reviewedBy: 'ada' } };
    expect(await engine.set(again)).toMatchObject({ changedProperties: [] });
  });
});

test.skipIf(process.platform === 'win32')('get and test need no native code', async () => {
  const { modules: own, module } = installModule(onTestFinished);
  rmSync(join(module, 'worker/koffi'), { recursive: true });
  const engine = engineFor(own, type, { env: ownMachine(onTestFinished) });
  expect(await engine.get(web)).toMatchObject(gone);
  expect(await engine.test(web)).toMatchObject({ inDesiredState: false });
  await expect(engine.set(web)).rejects.toThrow('koffi');
});

describe.skipIf(noReservations)(reservationsTitle('what-if'), () => {
  test('says what would be done and does nothing', async () => {
    const engine = ownEngine();
    expect(await engine.whatIf(web)).toEqual({
      beforeState: gone,
      afterState: { ...web, _exist: true, _metadata: { whatIf: ['Would reserve tcp 23000-23009 persistently.'] } },
      changedProperties: ['_exist', 'name', 'reason'],
    });
    expect(engine.calls).toEqual(['get', 'whatIf']);
    expect(await engine.get(key)).toEqual(gone);
  });

  test('says that nothing would change', async () => {
    const engine = ownEngine();
    const { afterState } = await engine.set(web);
    expect(await engine.whatIf(web)).toEqual({ beforeState: afterState, afterState, changedProperties: [] });
  });

  test('says what would be freed', async () => {
    const engine = ownEngine();
    const { afterState } = await engine.set(web);
    expect((await engine.whatIf(gone)).afterState).toEqual({
      ...gone,
      _metadata: { whatIf: ['Would free tcp 23000-23009.'] },
    });
    expect(await engine.get(web)).toEqual(afterState);
  });

  test('says that another reservation is in the way', async () => {
    const engine = ownEngine();
    await engine.set(web);
    const { afterState } = await engine.whatIf({ ...key, startPort: 23_005 });
    expect(afterState).toMatchObject({
      _exist: false,
      _metadata: {
        whatIf: [expect.stringMatching(/^Would fail: tcp 23005-23014 overlaps the persistent .*23000-23009 "web"/)],
      },
    });
  });
});

describe.skipIf(noReservations)(reservationsTitle('the engine that tests by itself'), () => {
  const withoutPretest = (manifest: Manifest) => {
    delete manifest.set!.implementsPretest;
    manifest.set!.args = manifest.set!.args.filter((word) => typeof word === 'string');
  };

  test('sets only what is not as desired', async () => {
    const engine = ownEngine(withoutPretest);
    expect(await engine.set(web)).toMatchObject({ changedProperties: ['_exist', 'name', 'reason'] });
    expect(engine.calls).toEqual(['test', 'get', 'set']);
    engine.calls = [];
    expect(await engine.set(web)).toMatchObject({ changedProperties: undefined });
    expect(engine.calls).toEqual(['test']);
  });

  test('makes a what-if of the test', async () => {
    const engine = ownEngine(withoutPretest);
    expect(await engine.whatIf(web)).toMatchObject({ changedProperties: ['_exist', 'name', 'reason'] });
    expect(engine.calls).toEqual(['test']);
  });

  test('deletes what is not to exist', async () => {
    const engine = ownEngine((manifest) => delete manifest.set!.handlesExist);
    await engine.configure(web);
    engine.calls = [];
    expect(await engine.configure(gone)).toMatchObject({ beforeState: { _exist: true }, afterState: gone });
    expect(engine.calls).toEqual(['get', 'delete', 'get']);
  });
});
