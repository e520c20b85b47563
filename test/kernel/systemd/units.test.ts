import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  hasSystemd,
  requireSystemd,
  settleListUnit,
  settleUnits,
  type UnitPlan,
} from '../../../src/providers/linux/kernel/units.ts';
import { refusal } from '../../support/machine.ts';

const noLinux = process.platform === 'linux' ? '' : ' (skipped: needs Linux)';

/** Folders as systemd's; its own program is one that succeeds, or fails. The real one is in boot.test.ts. */
function open(systemctl = '/bin/true') {
  const folder = mkdtempSync(join(tmpdir(), 'units-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const units = join(folder, 'units');
  mkdirSync(units);
  const files = () =>
    (readdirSync(units, { recursive: true, encoding: 'utf8' }) as string[])
      .filter((name) => !statSync(join(units, name)).isDirectory())
      .sort();
  return { units, files, paths: { units, running: folder, systemctl: [systemctl] } };
}

const plan = (change: Partial<UnitPlan> = {}): UnitPlan => ({
  command: ['/bin/true'],
  home: '/var/lib/port-reservation',
  isNeeded: true,
  services: ['web.service'],
  ...change,
});

const boot = ['port-reservation.service', 'sysinit.target.wants/port-reservation.service'];
const web = 'web.service.d/50-port-reservation.conf';

const listUnit = ['port-reservation-list.service', 'sysinit.target.wants/port-reservation-list.service'];

describe.skipIf(noLinux)(`the unit that repeats other files of sysctl.d${noLinux}`, () => {
  const file = '/etc/sysctl.d/zz-port-reservation.conf';
  const needed = { isNeeded: true, command: () => ['/opt/a b'], file };

  test('is there as long as our file, and has systemd read it once', async () => {
    const { paths, files, units } = open();
    await settleListUnit(needed, paths);
    expect(files()).toEqual(listUnit);
    expect(readFileSync(join(units, listUnit[0]!), 'utf8')).toContain('ExecStart="/opt/a b" "settle" "--list"\n');
    const failing = { ...paths, systemctl: ['/bin/false'] };
    await settleListUnit(needed, failing); // nothing to be read again
    await settleListUnit({ ...needed, isNeeded: false }, paths);
    await settleListUnit({ ...needed, isNeeded: false }, failing);
    expect(files()).toEqual([]);
  });

  test('is none where systemd does not run the system', async () => {
    const { paths, files } = open();
    await settleListUnit(needed, { ...paths, running: '/nonexistent' });
    expect(files()).toEqual([]);
  });
});

describe.skipIf(noLinux)(`units of systemd${noLinux}`, () => {
  test('are written once, and removed with what they are for', async () => {
    const { paths, files, units } = open();
    await settleUnits(plan(), paths);
    expect(files()).toEqual([...boot, web]);
    expect(statSync(join(units, web)).mode & 0o777).toBe(0o644);
    const before = statSync(join(units, web)).ino;
    await settleUnits(plan(), { ...paths, systemctl: ['/bin/false'] }); // nothing to be read again
    expect(statSync(join(units, web)).ino).toBe(before);
    await settleUnits(plan({ services: [] }), paths);
    expect(files()).toEqual(boot);
    await settleUnits(plan({ services: [], isNeeded: false }), paths);
    expect([files(), readdirSync(units)]).toEqual([[], ['sysinit.target.wants']]);
  });

  test('name the program as it is now', async () => {
    const { paths, units } = open();
    await settleUnits(plan(), paths);
    await settleUnits(plan({ command: ['/opt/newer'] }), paths);
    for (const file of [boot[0]!, web])
      expect(readFileSync(join(units, file), 'utf8')).toContain('"/opt/newer" "settle"');
  });

  test('of another ledger and of others stay', async () => {
    const { paths, files, units } = open();
    await settleUnits(plan({ home: '/srv/other' }), paths);
    mkdirSync(join(units, 'web.service.d'), { recursive: true });
    writeFileSync(join(units, 'web.service.d/10-mine.conf'), '');
    const before = files();
    await settleUnits(plan(), paths);
    await settleUnits(plan({ services: [], isNeeded: false }), paths);
    expect(files()).toEqual(before);
    expect(before).toHaveLength(4);
  });

  test('that systemd cannot read again are put back', async () => {
    const { paths, files, units } = open();
    const failing = { ...paths, systemctl: ['/bin/false'] };
    const { errorName, message, facts } = await refusal(settleUnits(plan(), failing));
    expect([errorName, message, facts.osFunction]).toEqual([
      'OsError',
      'systemctl daemon-reload failed with 1.',
      'systemctl daemon-reload',
    ]);
    expect(files()).toEqual([]);
    await settleUnits(plan(), paths);
    const before = readFileSync(join(units, web), 'utf8');
    await refusal(settleUnits(plan({ command: ['/opt/newer'], services: ['web.service', 'more.service'] }), failing));
    await refusal(settleUnits(plan({ isNeeded: false, services: [] }), failing));
    expect([files(), readFileSync(join(units, web), 'utf8')]).toEqual([[...boot, web], before]);
  });

  test('that cannot be written leave the others as they were', async () => {
    const { paths, files, units } = open();
    writeFileSync(join(units, 'web.service.d'), 'in the way');
    const { errorName, message } = await refusal(settleUnits(plan(), paths));
    expect([errorName, message.includes('web.service.d')]).toEqual(['OsError', true]);
    expect(files()).toEqual(['web.service.d']);
  });

  test('are none where systemd does not run the system, and a service cannot be let in', async () => {
    const { paths, files } = open();
    const without = { ...paths, running: '/nonexistent' };
    expect(hasSystemd(without)).toBe(false);
    await settleUnits(plan(), without);
    expect(files()).toEqual([]);
    expect(() => requireSystemd('web.service', without)).toThrow(
      'web.service cannot be let in: systemd does not run this system.',
    );
  });
});
