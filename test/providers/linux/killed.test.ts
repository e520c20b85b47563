import { describe, expect, test } from 'vitest';
import { namespaceTitle, noNamespaces } from '../../support/namespace.ts';
import { killAtEachStep } from './support/kill-at-each-step.ts';
import { openLab, persistent, ports, reserve, scattered } from './support/sysctl.ts';

/** Neighbours of the reservation that is being changed, in the live list and in a file of others. */
const theirs = '4990-4999,5010-5019';

// Each test starts a dozen processes, one after the other.
const timeout = 300_000;

describe.skipIf(noNamespaces)(namespaceTitle('a worker killed at each step of a change'), { timeout }, () => {
  test('is made good by the next settle: adding', async () => {
    const lab = await openLab();
    const { provider, live, ownValue, files, setLive, write } = lab;
    setLive(theirs);
    write('/etc/sysctl.d/10-a.conf', `net.ipv4.ip_local_reserved_ports = ${theirs}`);
    const first = await reserve(provider, ports(6000));
    const record = persistent(provider, 'tcp', ports(5000));
    const kills = await killAtEachStep(
      lab,
      ({ provider: killed }) => killed.settle([first, record]),
      async () => {
        // Whatever the step, others' entries and the reservations there were are never missing.
        for (const list of [live(), ownValue()!]) expect(list).toMatch(/^4990-(4999,5010-)?5019,6000-6009$/);
        await provider.settle([first, record]);
        expect([live(), ownValue()]).toEqual(['4990-5019,6000-6009', '4990-5019,6000-6009']);
        await provider.release(record);
        expect([live(), ownValue()]).toEqual([`${theirs},6000-6009`, `${theirs},6000-6009`]);
        expect(files()).toEqual(['10-a.conf', 'zz-port-reservation.conf']);
      },
    );
    expect(kills).toBeGreaterThan(6);
  });

  test('is made good by the next settle: releasing, which the ledger does not know yet', async () => {
    const lab = await openLab();
    const { provider, everything, setLive } = lab;
    setLive(theirs);
    const record = await reserve(provider, ports(5000));
    const before = everything();
    const kills = await killAtEachStep(
      lab,
      ({ provider: killed }) => killed.release(record),
      async () => {
        await provider.settle([record]);
        expect(everything()).toEqual(before);
      },
    );
    expect(kills).toBeGreaterThan(4);
    expect(everything()).toEqual({ live: theirs, files: {} });
  });

  test("loses nothing of others' long list, which goes in piece by piece", async () => {
    const lab = await openLab();
    const { provider, live, addLive, files } = lab;
    const dynamic = scattered(100, 40_000);
    const list = `${scattered(1900, 20_000)},${dynamic}`;
    addLive(list);
    const record = await reserve(provider, ports(5000));
    const seen = new Set<string>();
    await killAtEachStep(
      lab,
      ({ provider: killed }) => killed.release(record),
      async () => {
        seen.add(live());
        expect(live()).toContain(dynamic); // what the kernel would hand out by itself is never missing
        await provider.settle([record]);
        expect(live()).toBe(`5000-5009,${list}`);
        expect(files()).toEqual(['zz-port-reservation.conf']);
      },
    );
    expect([live(), files()]).toEqual([list, []]);
    // With ours, without ours, and after each of three pieces but the last: it was killed there too.
    expect(seen.size).toBe(4);
  });

  const thisList = '$(cat /proc/sys/kernel/random/boot_id) $(readlink /proc/self/ns/net)';
  const another = '00000000-0000-0000-0000-000000000000 $(readlink /proc/self/ns/net)';
  test.each([
    ['of this list', `${thisList}\\n7000\\n`, '5000-5009,7000'],
    ['of the list before a restart', `${another}\\n7000\\n`, '5000-5009'],
    ['that was not finished', `${thisList}\\n7000,70`, '5000-5009'],
  ])('its note %s is used, or dropped', async (_which, note, expected) => {
    const { provider, live, sh, files } = await openLab();
    sh(`printf "${note}" > /etc/sysctl.d/zz-port-reservation.conf.live`);
    await reserve(provider, ports(5000));
    expect([live(), files()]).toEqual([expected, ['zz-port-reservation.conf']]);
  });
});
