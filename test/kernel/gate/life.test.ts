import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Bpf } from '../../../src/native/linux/bpf.ts';
import { KernelGate } from '../../../src/providers/linux/kernel/kernel-gate.ts';
import type { KernelReservation } from '../../../src/providers/linux/kernel/reservations.ts';
import { atGate, startAtGate } from './support/gate-process.ts';
import { asUser } from './support/programs.ts';
import { tryBind } from './support/raw-sockets.ts';
import { gateTitle, noGate, useRoom } from './support/room.ts';

const room = useRoom();
const ports = (startPort: number, numberOfPorts = 1) => ({ startPort, numberOfPorts });
const kept: KernelReservation = { protocol: 'tcp', range: ports(21_600), token: 11n };
const more: KernelReservation = { protocol: 'tcp', range: ports(21_605, 6), token: 12n };

/** The pinned gate of the room, taken away after the test. */
function openGate(): KernelGate {
  const gate = KernelGate.pinned(room);
  onTestFinished(() => gate.off());
  return gate;
}

/** The kernel lets go of what a dead process had in its own time. */
async function untilFree(port: number): Promise<void> {
  while (tryBind(port) !== 'bound') await setTimeout(1);
}

const programIds = async (): Promise<number[]> => {
  const bpf = await Bpf.load();
  return ['bind4', 'bind6', 'setsockopt'].map((hook) => {
    const program = bpf.open(`${room.pins}/${hook}`)!;
    try {
      return bpf.programInfo(program).id;
    } finally {
      bpf.close(program);
    }
  });
};

describe.skipIf(noGate)(gateTitle('a gate of a process'), () => {
  test('goes with it, though it was killed', async () => {
    const other = await startAtGate({
      place: room,
      kind: 'own',
      calls: [['acquire', 'tcp', ports(21_600)]],
      stay: true,
    });
    const { result: token } = (await other.next())!;
    expect([tryBind(21_600), tryBind(21_600, { token })]).toEqual(['EADDRINUSE', 'bound']);
    other.child.kill('SIGKILL');
    await other.end();
    await untilFree(21_600);
  });
});

describe.skipIf(noGate)(gateTitle('the pinned gate'), () => {
  test('outlives its maker, in a folder that is root’s alone', async () => {
    const gate = openGate();
    await atGate({ place: room, kind: 'pinned', calls: [['settle', [kept]]] });
    expect([tryBind(21_600), tryBind(21_600, { token: 11n })]).toEqual(['EADDRINUSE', 'bound']);
    expect(statSync(room.pins).mode & 0o7777).toBe(0o700);
    expect(asUser(65_534, ['ls', room.pins])).toContain('Permission denied');
    expect(await gate.list()).toEqual([kept]);
    expect(await gate.lookup('tcp', ports(21_600))).toBe(11n);
    expect(await gate.lookup('udp', ports(21_600))).toBeUndefined();
    expect(await gate.status()).toMatchObject({
      inForce: true,
      takesTokens: true,
      controlGroup: room.group,
      wholeMachine: false,
    });
  });

  test('is gone with its last reservation, pins, programs and folder', async () => {
    const gate = openGate();
    await gate.settle([kept, more]);
    await gate.release('tcp', kept.range);
    expect([tryBind(21_600), tryBind(21_605)]).toEqual(['bound', 'EADDRINUSE']);
    expect((await atGate({ place: room, kind: 'pinned', calls: [['release', 'tcp', more.range]] })).outcomes).toEqual([
      { result: null },
    ]);
    expect([existsSync(room.pins), readdirSync(room.bpffs).filter((name) => !name.endsWith('.debug'))]).toEqual([
      false,
      [],
    ]);
    expect(tryBind(21_605)).toBe('bound');
  });

  test('that was taken away by hand enforces nothing, and all of it once it is settled', async () => {
    const gate = openGate();
    await gate.settle([kept, more]);
    rmSync(room.pins, { recursive: true });
    await untilFree(21_600);
    expect(await gate.status()).toMatchObject({ inForce: false });
    expect(await gate.list()).toEqual([]);
    await gate.release('tcp', more.range);
    await gate.settle([kept]);
    expect([tryBind(21_600), tryBind(21_605)]).toEqual(['EADDRINUSE', 'bound']);
  });

  test.each(['bind4', 'bind4-link', 'bind6-link', 'setsockopt-link', 'ranges', 'sockets'])(
    'of which %s was removed is whole once it is settled',
    async (name) => {
      const gate = openGate();
      await gate.settle([kept]);
      rmSync(`${room.pins}/${name}`);
      await gate.settle([kept, more]);
      for (const [port, token] of [
        [21_600, 11n],
        [21_605, 12n],
      ] as const) {
        expect([tryBind(port), tryBind(port, { ip: '::' }), tryBind(port, { token })]).toEqual([
          'EADDRINUSE',
          'EADDRINUSE',
          'bound',
        ]);
      }
      expect(await gate.list()).toEqual([kept, more]);
    },
  );

  test('is replaced in place by another version: no bind gets through, and no token is forgotten', async () => {
    const gate = openGate();
    await gate.settle([kept]);
    const racer = await startAtGate({ place: room, kind: 'pinned', calls: [], race: 21_600 });
    await racer.next();
    const seen = new Set<string>();
    for (let round = 0; round < 10; round++) {
      for (const version of ['0000001', undefined]) {
        const { outcomes } = await atGate({
          place: room,
          kind: 'pinned',
          calls: [['settle', [kept]]],
          ...(version && { version }),
        });
        expect(outcomes).toEqual([{ result: null }]);
        const ids = await programIds();
        expect(seen.has(ids.join())).toBe(false);
        seen.add(ids.join());
        expect(tryBind(21_600, { token: 11n })).toBe('bound');
      }
    }
    const { outcomes } = await racer.end();
    expect(outcomes.at(-1)!.result.tries).toBeGreaterThan(1000);
    expect(outcomes.at(-1)!.result.through).toBe(0);
  });

  test('of this version is left as it is', async () => {
    const gate = openGate();
    await gate.settle([kept]);
    const before = await programIds();
    await atGate({
      place: room,
      kind: 'pinned',
      calls: [
        ['settle', [kept]],
        ['settle', []],
      ],
    });
    expect(await programIds()).toEqual(before);
  });

  test('serves two versions side by side', async () => {
    const gate = openGate();
    const old = (...calls: [string, ...unknown[]][]) =>
      atGate({ place: room, kind: 'pinned', version: '0000001', calls });
    await old(['settle', [kept]]);
    await gate.settle([more]);
    expect([tryBind(21_600), tryBind(21_600, { token: 11n })]).toEqual(['EADDRINUSE', 'bound']);
    expect([tryBind(21_605), tryBind(21_605, { token: 12n })]).toEqual(['EADDRINUSE', 'bound']);
    await old(['release', 'tcp', kept.range], ['settle', []]);
    expect([tryBind(21_600), tryBind(21_605), tryBind(21_605, { token: 12n })]).toEqual([
      'bound',
      'EADDRINUSE',
      'bound',
    ]);
    await gate.release('tcp', more.range);
    expect(existsSync(room.pins)).toBe(false);
  });

  test('is changed by many processes at once', async () => {
    openGate();
    const work = Array.from({ length: 8 }, async (_, index) => {
      const range = ports(22_000 + index * 16, 10);
      const calls: [string, ...unknown[]][] = [
        ['acquire', 'tcp', range],
        ['release', 'tcp', range],
        ['acquire', 'tcp', range],
      ];
      return (await atGate({ place: room, kind: 'pinned', calls })).outcomes;
    });
    for (const outcomes of await Promise.all(work))
      expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    const gate = KernelGate.pinned(room);
    expect((await gate.list()).map(({ range }) => range)).toEqual(
      work.map((_, index) => ports(22_000 + index * 16, 10)),
    );
  });
});

/** Every step at which the process that does the calls may die, until one of them is behind its end. */
async function* deaths(calls: [string, ...unknown[]][]): AsyncGenerator<number> {
  for (let step = 1; ; step++) {
    const { signal } = await atGate({ place: room, kind: 'pinned', calls, killBefore: step });
    if (signal !== 'SIGKILL') return;
    yield step;
  }
}

describe.skipIf(noGate)(gateTitle('a process that is killed at any step'), () => {
  test('of the first settling leaves what the next one completes', async () => {
    const gate = openGate();
    let steps = 0;
    for await (const _ of deaths([['settle', [more]]])) {
      steps++;
      await gate.settle([more]);
      for (let port = 21_605; port < 21_611; port++) {
        expect([tryBind(port), tryBind(port, { ip: '::' }), tryBind(port, { token: 12n })]).toEqual([
          'EADDRINUSE',
          'EADDRINUSE',
          'bound',
        ]);
      }
      expect(await gate.list()).toEqual([more]);
      await gate.release('tcp', more.range);
      expect(existsSync(room.pins)).toBe(false);
    }
    expect(steps).toBeGreaterThan(20);
  });

  test('of the first settling leaves what a release clears away', async () => {
    const gate = openGate();
    for await (const _ of deaths([['settle', [more]]])) {
      await gate.release('tcp', more.range);
      expect(existsSync(room.pins)).toBe(false);
      await untilFree(21_605);
    }
  });

  test('of a later settling opens nothing that was reserved', async () => {
    const gate = openGate();
    await gate.settle([kept]);
    for await (const _ of deaths([['settle', [kept, more]]])) {
      expect([tryBind(21_600), tryBind(21_600, { token: 11n })]).toEqual(['EADDRINUSE', 'bound']);
      await gate.settle([kept, more]);
      expect(await gate.list()).toEqual([kept, more]);
      await gate.release('tcp', more.range);
    }
    await gate.settle([kept]);
  });

  test('of a release leaves what the next one completes, and opens nothing else', async () => {
    const gate = openGate();
    await gate.settle([kept, more]);
    for await (const _ of deaths([['release', 'tcp', more.range]])) {
      expect([tryBind(21_600), tryBind(21_600, { token: 11n })]).toEqual(['EADDRINUSE', 'bound']);
      await gate.release('tcp', more.range);
      expect(await gate.list()).toEqual([kept]);
      await gate.settle([kept, more]);
    }
  });

  test('of the last release leaves what settling restores', async () => {
    const gate = openGate();
    await gate.settle([kept]);
    for await (const _ of deaths([['release', 'tcp', kept.range]])) {
      await gate.settle([kept]);
      expect([tryBind(21_600), tryBind(21_600, { token: 11n })]).toEqual(['EADDRINUSE', 'bound']);
    }
  });
});
