import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Reservation } from '../../src/protocol/generated/contract.ts';
import { type Child, startChild } from './support/run-child.ts';

const other = '11111111-2222-4333-8444-555555555555';
const loopback = 'ip link set lo up';
const proc = 'mount -t proc proc /proc';

/** Ways to put a worker elsewhere: what unshare makes new, and what is done there first. */
const places = {
  'another process namespace': { flags: ['-mpf'], first: proc, sharesPorts: true },
  'another process namespace without its /proc': { flags: ['-pf'], first: 'true', sharesPorts: true },
  'another time namespace': { flags: ['-T', '--boottime', '100000', '--fork'], first: 'true', sharesPorts: true },
  'another user namespace': { flags: ['-r'], first: 'true', sharesPorts: true },
  'another network namespace': { flags: ['-n'], first: loopback, sharesPorts: false },
  'another host': {
    flags: ['-nmpf'],
    first: `${proc}; ${loopback}; f=$(mktemp); echo ${other} >$f; mount --bind $f /proc/sys/kernel/random/boot_id`,
    sharesPorts: false,
  },
} as const;

type PlaceName = keyof typeof places;

const prefixOf = ({ flags, first }: (typeof places)[PlaceName]) => [
  'unshare',
  ...flags,
  'sh',
  '-c',
  `${first}; exec "$@"`,
  'sh',
];

/** Why a worker cannot be put there; undefined where it can. */
function missing(name: PlaceName): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  const [program, ...args] = [...prefixOf(places[name]), 'true'];
  const tried = spawnSync(program!, args, { encoding: 'utf8' });
  return tried.status === 0 && !tried.stderr ? undefined : `${tried.error?.message ?? tried.stderr.trim()}`;
}

function home(): string {
  const path = mkdtempSync(join(realpathSync(tmpdir()), 'port-reservation-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Ports that nobody has: outside the dynamic range, for this file alone. */
const tcp = { protocol: 'tcp', startPort: 21_600, numberOfPorts: 2 } as const;

/** A service in a process of its own, asked in lines. */
async function service(path: string, under: string[] = []) {
  const child = await startChild({ home: path, under }, 'service');
  expect(await child.next()).toBe('ready');
  return { child, ask: (method: string, params: object = {}) => asked(child, method, params) };
}

async function asked(child: Child, method: string, params: object) {
  child.process.stdin!.write(`${JSON.stringify({ method, params })}\n`);
  return (await child.next()) as { reservations?: Reservation[]; errorName?: string };
}

const namesOf = ({ reservations }: { reservations?: Reservation[] }) => reservations!.map(({ name }) => name);

for (const name of Object.keys(places) as PlaceName[]) {
  const place = places[name];
  const why = missing(name);
  describe.skipIf(why)(`a worker in ${name}${why ? ` (skipped: ${why})` : ''}`, () => {
    test.each(['strict', 'none'] as const)('keeps what it reserves, and so do we (hold: %s)', async (hold) => {
      const path = home();
      const [there, here] = [await service(path, prefixOf(place)), await service(path)];
      const ofThere = await there.ask('create', { ...tcp, hold, name: 'there' });
      expect(namesOf(ofThere)).toEqual(['there']);
      const ofHere = await here.ask('create', { ...tcp, hold, name: 'here' });
      if (place.sharesPorts) {
        expect(ofHere).toMatchObject({ errorName: 'RangeReserved' });
        expect(namesOf(await here.ask('list'))).toEqual(['there']);
      } else {
        expect(namesOf(ofHere)).toEqual(['here']);
        expect(namesOf(await here.ask('list')).sort()).toEqual(['here', 'there']);
      }
      // Any change of ours leaves its record alone.
      expect(namesOf(await here.ask('create', { protocol: 'udp', numberOfPorts: 1, name: 'any' }))).toEqual(['any']);
      expect(namesOf(await there.ask('list'))).toContain('there');
      const { token } = ofThere.reservations![0]!;
      expect(namesOf(await there.ask('release', { token }))).toEqual(['there']);
      expect(namesOf(await here.ask('list'))).not.toContain('there');
      await Promise.all([there.child.end(), here.child.end()]);
    });

    test('is gone when it is killed', async () => {
      const path = home();
      const [there, here] = [await service(path, prefixOf(place)), await service(path)];
      await there.ask('create', { ...tcp, hold: 'none', name: 'there' });
      expect(namesOf(await here.ask('list'))).toEqual(['there']);
      // unshare's child may be another process than the one that was started.
      spawnSync('pkill', ['-KILL', '-P', `${there.child.process.pid}`]);
      there.child.process.kill('SIGKILL');
      await there.child.ended;
      await vi.waitUntil(async () => namesOf(await here.ask('list')).length === 0, { timeout: 30_000 });
      expect(namesOf(await here.ask('create', { ...tcp, name: 'here' }))).toEqual(['here']);
      await here.child.end();
    });

    test('is shown for what it is, and its process is not offered for killing', async () => {
      const path = home();
      const [there, here] = [await service(path, prefixOf(place)), await service(path)];
      await there.ask('create', { ...tcp, name: 'there' });
      const { owner } = (await here.ask('list')).reservations![0]!;
      expect(owner!.elsewhere).toBe(
        place.sharesPorts ? undefined : name === 'another host' ? 'host' : 'networkNamespace',
      );
      const isNamed = ['another time namespace', 'another user namespace', 'another network namespace'].includes(name);
      expect(owner!.processId !== undefined).toBe(isNamed);
      const inspected = await here.ask('inspect', {
        protocol: ['tcp'],
        ranges: [{ startPort: 21_600, numberOfPorts: 1 }],
      });
      const [status] = (inspected as unknown as { ports: { verdict: string }[] }).ports;
      expect(status!.verdict).toBe(place.sharesPorts ? 'reserved' : 'free');
      if (!isNamed || !place.sharesPorts) expect(JSON.stringify(status)).not.toMatch(/kill/);
      await Promise.all([there.child.end(), here.child.end()]);
    });
  });
}
