import { afterAll, beforeAll, expect, test } from 'vitest';
import { netshTexts } from '../providers/windows/netsh-texts.ts';
import { bindAll } from '../windows/support/ports.ts';
import type { Caller } from './caller.ts';
import { describeInLab } from './lab.ts';
import { netshIn } from './language.ts';
import { freeBlock } from './ports.ts';
import { Lab, type Machine } from './run.ts';

const OK = { code: 0, output: 'Ok.\r\n\r\n' };
const TAKEN = 'The process cannot access the file because it is being used by another process.\r\n\r\n';

describeInLab('the stand-in for netsh', () => {
  let lab: Lab;
  let machine: Machine;
  let admin: Caller;

  beforeAll(async () => {
    lab = await Lab.open();
    machine = lab.machine();
    admin = await machine.caller({ elevated: true });
  });
  afterAll(() => lab.close());

  const netsh = (command: string, caller = admin) => caller.call('netsh', ...command.split(' '));

  async function rows(options = 'tcp', caller = admin): Promise<string[]> {
    const { output } = await netsh(`interface ipv4 show excludedportrange ${options}`, caller);
    return output.match(/^ +\d+ +\d+.*$/gm)?.map((row) => row.trim().replace(/ +/g, ' ')) ?? [];
  }

  test('adds and deletes exclusions, by name and by place, in one table of both families', async () => {
    const start = await freeBlock(12);
    expect(await netsh(`interface ipv4 add excludedportrange tcp ${start} 2`)).toEqual(OK);
    const named = `protocol=tcp startport=${start + 4} numberofports=1 store=active`;
    expect(await netsh(`int ipv6 add excludedportrange ${named}`)).toEqual(OK);
    const [both, single] = [`${start} ${start + 1} *`, `${start + 4} ${start + 4} *`];
    expect(await rows()).toEqual([both, single]);
    expect(await rows('protocol=tcp store=persistent')).toEqual([both]);
    expect(await rows('udp')).toEqual([]);
    expect(await bindAll(admin, 'tcp', start, 5)).toEqual([0, 0, 0, 0, 0]);
    for (const [at, count] of [
      [start + 1, 1],
      [start, 2],
      [start, 12],
    ])
      expect(await netsh(`int ipv4 add excluded tcp ${at} ${count}`)).toEqual({ code: 1, output: TAKEN });
    expect(await netsh(`int ipv4 delete excludedportrange tcp ${start} 1`)).toMatchObject({ code: 1 });
    expect(await netsh(`int ipv4 delete excludedportrange tcp ${start} 2`)).toEqual(OK);
    expect(await rows()).toEqual([single]);
    await machine.reboot();
    admin = await machine.caller({ elevated: true });
    expect(await rows()).toEqual([]);
  });

  test('shows reservations and WinNAT without a star, and leaves them alone', async () => {
    const start = await freeBlock(12);
    await admin.call('create', 'udp', start, 2);
    await admin.call('acquire', await admin.call('socket', 'udp'), start + 3, 1);
    expect(await admin.call('winnatTakes', 'udp', start + 6, 4)).toEqual({ code: 0 });
    await admin.call('bind', await admin.call('socket', 'udp'), start + 11);
    const [persistent, runtime] = [`${start} ${start + 1}`, `${start + 3} ${start + 3}`];
    expect(await rows('udp')).toEqual([persistent, runtime, `${start + 6} ${start + 9}`]);
    expect(await rows('udp persistent')).toEqual([persistent]);
    expect(await bindAll(admin, 'udp', start + 6, 1)).toEqual([10013]);
    for (const at of [0, 3, 7, 11])
      expect(await netsh(`int ipv4 add excludedportrange udp ${start + at} 1`)).toEqual({ code: 1, output: TAKEN });
    const refused = await netsh(`int ipv4 delete excludedportrange udp ${start + 6} 4`);
    expect(refused).toEqual({ code: 1, output: 'Access is denied.\r\n\r\n' });
  });

  test('an exclusion stops Create and acquire, and nobody who is not elevated makes one', async () => {
    const start = await freeBlock(4);
    const user = await machine.caller();
    await netsh(`int ipv4 add excludedportrange tcp ${start} 4`);
    expect(await admin.call('create', 'tcp', start + 1, 2)).toEqual({ code: 32 });
    expect(await admin.call('acquire', await admin.call('socket', 'tcp'), start + 3, 2)).toMatchObject({ code: 10048 });
    expect(await rows('tcp', user)).toEqual([`${start} ${start + 3} *`]);
    for (const verb of ['add', 'delete']) {
      const refused = await netsh(`int ipv4 ${verb} excludedportrange tcp ${start} 4`, user);
      expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('requires elevation') });
    }
  });

  test('shows and sets the dynamic range, which the system then chooses from', async () => {
    const show = () => netsh('interface ipv4 show dynamicport protocol=udp');
    expect((await show()).output).toMatch(/: 49152\r\n.*: 16384\r\n/);
    expect(await netsh('interface ipv4 set dynamicport udp start=20000 num=300')).toEqual(OK);
    expect((await show()).output).toMatch(/: 20000\r\n.*: 300\r\n/);
    const { port } = await admin.call('bind', await admin.call('socket', 'udp'), 0);
    expect([port! >= 20_000, port! < 20_300]).toEqual([true, true]);
  });

  test('lies, and fails, when told to', async () => {
    const start = await freeBlock(1);
    const faulty = await machine.caller({
      elevated: true,
      faults: { 'netsh.add': 1, 'netsh.delete': 5, 'netsh.show': 87 },
    });
    expect(await netsh(`int ipv4 add excludedportrange udp ${start} 1`, faulty)).toEqual(OK);
    expect(await rows('udp')).not.toContain(`${start} ${start} *`);
    expect(await netsh(`int ipv4 delete excludedportrange udp ${start} 1`, faulty)).toMatchObject({ code: 1 });
    expect(await netsh('int ipv4 show excludedportrange udp', faulty)).toMatchObject({ code: 1 });
  });

  test('speaks the recorded languages', async () => {
    const german = netshTexts.find(({ language }) => language === 'de')!;
    const caller = await machine.caller({ env: netshIn(machine.folder, german) });
    const { output } = await netsh('int ipv4 show excludedportrange udp', caller);
    expect(output).toContain('Portausschlussbereiche f\x81r das Protokoll "udp"\r\n');
    expect(output).toMatch(/\r\n-+ +-+\r\n +\d+ +\d+/);
    expect(output).toContain('\r\n\r\n* - Verwaltete Portausschl\x81sse.\r\n');
  });
});
