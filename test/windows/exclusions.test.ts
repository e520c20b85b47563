import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from '../lab/caller.ts';
import { describeInLab } from '../lab/lab.ts';
import { netshIn } from '../lab/language.ts';
import type { Faults } from '../lab/run.ts';
import { netshTexts } from '../providers/windows/netsh-texts.ts';
import { only } from '../support/only.ts';
import { LabWindows } from './support/lab-windows.ts';
import { bindAll } from './support/ports.ts';
import { eachMachine } from './support/windows.ts';
import type { WindowsWorker } from './support/worker.ts';

// What a real Windows does only when something is wrong with it, or with WinNAT's ranges in the way.
describeInLab('exclusions, against what stands in their way', () => {
  const windows = new LabWindows('node22');
  beforeAll(() => windows.open());
  afterAll(() => windows.close());
  const machine = eachMachine(windows);

  const workerWith = (faults: Faults, env = {}) => machine().worker({ elevated: true, faults, env });
  const admin = () => machine().caller({ elevated: true });

  async function rows(program: Caller, store = 'active'): Promise<string[]> {
    const { output } = await program.call('netsh', 'int', 'ipv4', 'show', 'excludedportrange', 'tcp', store);
    return output.match(/^ +\d+ +\d+.*$/gm)?.map((row) => row.trim().replace(/ +/g, ' ')) ?? [];
  }

  const own = async (worker: WindowsWorker) => {
    const { exclusions } = await worker.request('exclusion/list', {});
    return exclusions.filter((item) => item.own);
  };

  const one = async () =>
    ({ protocol: 'tcp', range: { startPort: await machine().block(1), numberOfPorts: 1 } }) as const;

  test.each([
    ['that netsh reports and does not make', { 'netsh.add': 1 }, 0, 'reported success'],
    ['that netsh refuses for a reason nobody finds', { 'netsh.add': 5 }, 1, 'Access is denied.'],
    ['that is in use by what nobody sees', { 'netsh.add': 32 }, 1, 'being used by another process'],
  ])('one %s is an OsError, and nothing is recorded', async (_title, faults, osCode, text) => {
    const [worker, program] = [await workerWith(faults), await admin()];
    const refusal = await worker.refusal('exclusion/add', await one());
    expect(refusal).toMatchObject({
      name: 'OsError',
      osCode: String(osCode),
      osFunction: 'netsh',
      message: expect.stringContaining(text),
    });
    expect(await own(worker)).toEqual([]);
    expect(await rows(program)).toEqual([]);
  });

  test('one that netsh keeps, whatever it says, is still recorded', async () => {
    const params = await one();
    const range = `${params.range.startPort} ${params.range.startPort} *`;
    const [worker, program] = [await workerWith({ 'netsh.delete': 1 }), await admin()];
    const made = only(await worker.request('exclusion/add', params));
    const lie = await worker.refusal('exclusion/remove', params);
    expect(lie).toMatchObject({ name: 'OsError', osCode: '0', message: expect.stringContaining('still excluded') });
    expect(await own(worker)).toEqual([made]);
    expect(await rows(program)).toEqual([range]);
    await worker.end();
    await (await workerWith({})).request('exclusion/remove', params);
    expect(await rows(program)).toEqual([]);
  });

  test('one that netsh says it was denied, and made or deleted all the same, is made or deleted', async () => {
    const params = await one();
    const range = `${params.range.startPort} ${params.range.startPort} *`;
    const [worker, program] = [await workerWith({ 'netsh.denies': 1 }), await admin()];
    expect(only(await worker.request('exclusion/add', params))).toMatchObject({ own: true, store: 'persistent' });
    expect(await rows(program)).toEqual([range]);
    await worker.request('exclusion/remove', params);
    expect(await rows(program)).toEqual([]);
    expect(await own(worker)).toEqual([]);
  });

  test('a netsh that changes one store at a time is told both', async () => {
    const params = await one();
    const range = `${params.range.startPort} ${params.range.startPort} *`;
    const [worker, program] = [await workerWith({ 'netsh.oneStore': 1 }), await admin()];
    expect(only(await worker.request('exclusion/add', params))).toMatchObject({ store: 'persistent' });
    expect([await rows(program), await rows(program, 'persistent')]).toEqual([[range], [range]]);
    await worker.request('exclusion/remove', params);
    expect([await rows(program), await rows(program, 'persistent')]).toEqual([[], []]);
  });

  test('a table that cannot be read is a warning in the list, and changes nothing', async () => {
    const worker = await workerWith({ 'netsh.show': 87 });
    const { exclusions, warnings } = await worker.request('exclusion/list', { protocol: 'tcp' });
    expect(exclusions).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('active tcp'), expect.stringContaining('persistent tcp')]);
    expect(await worker.refusal('exclusion/add', await one())).toMatchObject({
      name: 'OsError',
      message: expect.stringContaining('netsh'),
    });
    expect(await rows(await admin())).toEqual([]);
  });

  test('one on a port that a url is reserved on is made with a warning, for HTTP.sys is refused it', async () => {
    const [params, other] = [await one(), await one()];
    const { startPort: port } = params.range;
    const texts = join(machine().folder, 'texts');
    mkdirSync(texts);
    writeFileSync(join(texts, 'urlacl'), `    Reserved URL            : http://+:${port}/app/\r\n`);
    const [worker, program] = [await workerWith({}, { LAB_TEXTS: machine().path('texts') }), await admin()];
    for (const whatIf of [true, false]) {
      const { warnings } = await worker.request('exclusion/add', { ...params, whatIf });
      expect(warnings).toEqual([expect.stringMatching(`http://\\+:${port}/app/ .*HTTP\\.sys is refused.*error 32`)]);
    }
    expect((await worker.request('exclusion/add', other)).warnings).toBeUndefined();
    await worker.request('exclusion/remove', params);
    const text = JSON.stringify({
      name: 'shop',
      exclusions: [{ protocol: 'tcp', startPort: port, numberOfPorts: 1, reason: 'tests' }],
    });
    for (const whatIf of [true, false]) {
      const applied = await worker.request('desiredState/apply', { text, format: 'json', whatIf });
      expect(applied).toMatchObject({ failed: 0, warnings: [expect.stringMatching(/HTTP\.sys is refused/)] });
    }
    expect(await program.call('httpListens', port)).toEqual({ code: 32 });
    expect(await bindAll(program, 'tcp', port, 1)).toEqual([0]);
    const { ports } = await worker.request('port/inspect', { protocol: ['tcp'], ranges: [params.range] });
    expect(ports[0]!.explanation).toMatch(
      /opens a socket there gets it; HTTP\.sys, container ports and QUIC are refused; http:/,
    );
    await worker.request('exclusion/remove', params);
    expect(await program.call('httpListens', port)).toEqual({ code: 0 });
  });

  test('what is read for one that is only foreseen is read once', async () => {
    const log = join(machine().folder, 'netsh.log');
    const worker = await workerWith({}, { LAB_NETSH_LOG: machine().path('netsh.log') });
    await worker.request('exclusion/add', { ...(await one()), whatIf: true });
    const reads = readFileSync(log, 'utf8').split('\n').filter(Boolean);
    expect(new Set(reads).size, reads.join('\n')).toBe(reads.length);
    expect(reads.filter((line) => line.includes('excludedportrange')).length).toBe(2);
  });

  test('in every language they are listed, and made in one and removed in the next', async () => {
    const params = await one();
    const env = netshIn(machine().folder, netshTexts[0]!);
    const [worker, program] = [await workerWith({}, env), await admin()];
    const row = `${params.range.startPort} ${params.range.startPort} *`;
    for (const [index, text] of netshTexts.entries()) {
      netshIn(machine().folder, text);
      const isMade = index % 2 === 0;
      const changed = only(await worker.request(isMade ? 'exclusion/add' : 'exclusion/remove', params));
      expect(changed, text.language).toMatchObject({ own: true, store: 'persistent', administered: true });
      expect(await rows(program), text.language).toEqual(isMade ? [row] : []);
    }
  });
});
