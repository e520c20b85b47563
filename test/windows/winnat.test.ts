import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import type { Caller } from '../lab/caller.ts';
import { describeInLab } from '../lab/lab.ts';
import type { Faults } from '../lab/run.ts';
import { only } from '../support/only.ts';
import { LabWindows } from './support/lab-windows.ts';
import { bindAll } from './support/ports.ts';
import { eachMachine } from './support/windows.ts';

// WinNAT took the port at its start, so nobody can bind it: the usual reason for EACCES on a port that nobody listens on.
describeInLab('a port that WinNAT has', () => {
  const windows = new LabWindows('node22');
  beforeAll(() => windows.open());
  afterAll(() => windows.close());
  const machine = eachMachine(windows);

  let program: Caller;
  let start: number;
  const exclusion = () => ({ protocol: 'tcp', range: { startPort: start + 2, numberOfPorts: 1 } }) as const;
  const wanted = () => ({ ...exclusion(), restartNat: true });
  const workerWith = (faults: Faults = {}) => machine().worker({ elevated: true, faults });

  async function expectUntouched(winnat: { state: 'running' | 'stopped'; stops: number }) {
    expect(await program.call('winnat')).toEqual(winnat);
    const { exclusions } = await (await workerWith()).request('exclusion/list', { protocol: 'tcp' });
    expect(exclusions.filter(({ administered }) => administered)).toEqual([]);
  }

  beforeEach(async () => {
    program = await machine().caller({ elevated: true });
    start = await machine().block(16);
    await program.call('winnatTakes', 'tcp', start, 4);
    await program.call('winnatTakes', 'tcp', start + 4, 4);
  });

  test('is said to be its, with the remedy, and is had by restarting it', async () => {
    const worker = await workerWith();
    const before = await worker.request('port/inspect', { protocol: ['tcp'], ranges: [exclusion().range] });
    expect(before.ports).toMatchObject([
      {
        verdict: 'excludedBySystem',
        explanation: expect.stringContaining('WinNAT'),
        remedy: { action: 'restartNat', protocol: 'tcp', range: { startPort: start + 2, numberOfPorts: 1 } },
      },
    ]);
    const refusal = await worker.refusal('exclusion/add', exclusion());
    expect(refusal).toMatchObject({ name: 'RangeReserved', remedy: { action: 'restartNat' } });
    expect(refusal.message).toContain(`tcp ${start}-${start + 3}, which WinNAT`);
    expect(await program.call('winnat')).toEqual({ state: 'running', stops: 0 });

    expect(only(await worker.request('exclusion/add', wanted()))).toMatchObject({ ...exclusion(), own: true });
    expect(await program.call('winnat')).toEqual({ state: 'running', stops: 1 });
    expect(await bindAll(program, 'tcp', start + 2, 3)).toEqual([0, 0, 10013]);
    expect(only(await worker.request('exclusion/add', wanted()))).toMatchObject({ own: true });
    expect(await program.call('winnat')).toEqual({ state: 'running', stops: 1 });
  });

  test('stays its, and it runs again, when the exclusion is not made', async () => {
    const refusal = await (await workerWith({ 'netsh.add': 1 })).refusal('exclusion/add', wanted());
    expect(refusal).toMatchObject({ name: 'OsError', message: expect.stringContaining('reported success') });
    await expectUntouched({ state: 'running', stops: 1 });
  });

  test('another program’s is not had by restarting it, so it is left alone, and that is said', async () => {
    const other = await machine().caller();
    await other.call('acquire', await other.call('socket', 'tcp'), start + 8, 1);
    const range = { startPort: start + 8, numberOfPorts: 1 };
    const refusal = await (await workerWith()).refusal('exclusion/add', { protocol: 'tcp', range, restartNat: true });
    expect(refusal).toMatchObject({ name: 'RangeReserved', message: expect.stringContaining('not for WinNAT') });
    expect(refusal.hint).toContain('docker ps');
    const many = { startPort: start + 10, numberOfPorts: 2 };
    const held = await program.call('socket', 'tcp');
    await program.call('acquire', held, many.startPort, 2);
    await expectUntouched({ state: 'running', stops: 0 });
    // A block may be WinNAT's: only without it can that be known.
    const late = await (await workerWith()).refusal('exclusion/add', {
      protocol: 'tcp',
      range: many,
      restartNat: true,
    });
    expect(late).toMatchObject({ name: 'RangeReserved', message: expect.stringContaining('than WinNAT') });
    expect(late.hint).toMatch(/service hns.*WinNAT was stopped.*wsl --shutdown/);
    await expectUntouched({ state: 'running', stops: 1 });
  });

  test('is left to it where a restart would be for nothing: a url, a socket, a persistent reservation, another port in use', async () => {
    const texts = join(machine().folder, 'texts');
    mkdirSync(texts);
    writeFileSync(join(texts, 'urlacl'), `    Reserved URL            : http://+:${start + 1}/app/\r\n`);
    const worker = await machine().worker({ elevated: true, env: { LAB_TEXTS: machine().path('texts') } });
    const refusalOf = (offset: number, numberOfPorts: number, whatIf = false) =>
      worker.refusal('exclusion/add', {
        protocol: 'tcp',
        range: { startPort: start + offset, numberOfPorts },
        restartNat: true,
        whatIf,
      });
    const url = await refusalOf(0, 2);
    expect(url).toMatchObject({
      name: 'RangeReserved',
      port: start + 1,
      message: expect.stringContaining(`http://+:${start + 1}/app/`),
    });
    const seen = await worker.request('port/inspect', {
      protocol: ['tcp'],
      ranges: [{ startPort: start + 1, numberOfPorts: 1 }],
    });
    expect(seen.ports[0]!.explanation).toMatch(/WinNAT.*although http:.* is reserved at HTTP\.sys/);
    expect(seen.ports[0]!.remedy).toBeUndefined();
    const socket = await program.call('socket', 'tcp');
    await program.call('bind', socket, start + 9);
    await program.call('listen', socket);
    expect(await refusalOf(7, 3)).toMatchObject({ name: 'PortInUse', port: start + 9 });
    // Bound, and in no table: a bind beside WinNAT's row finds it.
    await program.call('bind', await program.call('socket', 'tcp', 23), start + 8);
    expect(await refusalOf(7, 2)).toMatchObject({ name: 'PortInUse', port: start + 8 });
    await program.call('create', 'tcp', start + 12, 2);
    expect(await refusalOf(12, 1, true)).toMatchObject({
      name: 'RangeReserved',
      message: expect.stringContaining('persistent reservation'),
    });
    await program.call('delete', 'tcp', start + 12, 2);
    await expectUntouched({ state: 'running', stops: 0 });
  });

  test('is not restarted for ports that nothing has', async () => {
    const worker = await workerWith();
    const free = { protocol: 'tcp', range: { startPort: start + 8, numberOfPorts: 1 }, restartNat: true } as const;
    const { warnings } = await worker.request('exclusion/add', free);
    expect(warnings).toBeUndefined();
    expect(await program.call('winnat')).toEqual({ state: 'running', stops: 0 });
  });

  test('says what a restart costs before it, and again behind it', async () => {
    const worker = await workerWith();
    const before = await worker.request('exclusion/add', { ...wanted(), whatIf: true });
    expect(before.warnings).toEqual([expect.stringMatching(/WinNAT is stopped.*no network.*wsl --shutdown/)]);
    await expectUntouched({ state: 'running', stops: 0 });
    const after = await worker.request('exclusion/add', wanted());
    expect(after.warnings).toEqual([expect.stringMatching(/runs again.*no network now.*wsl --shutdown/)]);
  });

  test('a row of one port is not said to be its', async () => {
    const port = start + 8;
    expect((await program.call('httpListens', port)).code).toBe(0);
    const worker = await workerWith();
    const range = { startPort: port, numberOfPorts: 1 };
    const { ports } = await worker.request('port/inspect', { protocol: ['tcp'], ranges: [range] });
    expect(ports[0]).toMatchObject({
      verdict: 'excludedBySystem',
      remedy: { run: expect.stringContaining('netsh http show') },
    });
    expect(ports[0]!.explanation).toMatch(/HTTP\.sys.*container/);
    expect(ports[0]!.explanation).not.toContain('WinNAT');
    const refusal = await worker.refusal('reservation/create', { protocol: 'tcp', startPort: port });
    expect(refusal.hint).not.toContain('remove that reservation');
    const inside = await worker.refusal('reservation/create', { protocol: 'tcp', startPort: start + 1 });
    expect(inside.message).toContain('WinNAT');
    expect(inside.hint).not.toContain('remove that reservation');
  });

  test.each([
    [1051, 'OsError', 'wsl --shutdown'],
    [5, 'AccessDenied', 'Run as administrator'],
  ])('stays its when it cannot be stopped (%i)', async (ControlService, name, hint) => {
    const refusal = await (await workerWith({ ControlService, StartServiceW: 1058 })).refusal(
      'exclusion/add',
      wanted(),
    );
    expect(refusal).toMatchObject({ name, hint: expect.stringContaining(hint) });
    await expectUntouched({ state: 'running', stops: 0 });
  });

  test('a WinNAT that does not start again is reported, loudly, and left alone after that', async () => {
    const refusal = await (await workerWith({ StartServiceW: 1058 })).refusal('exclusion/add', wanted());
    expect(refusal).toMatchObject({ name: 'OsError', osFunction: 'StartServiceW', osCode: '1058' });
    expect(refusal.message).toMatch(/did not start again.*no network/);
    expect(refusal.hint).toContain('net start winnat');
    await expectUntouched({ state: 'stopped', stops: 1 });
    await (await workerWith()).request('exclusion/add', wanted());
    expect(await program.call('winnat')).toEqual({ state: 'stopped', stops: 1 });
  });

  test('one that starts only without the exclusion gets its range back', async () => {
    const worker = await workerWith({ StartServiceW: { code: 1058, times: 1 } });
    const refusal = await worker.refusal('exclusion/add', wanted());
    expect(refusal).toMatchObject({ name: 'OsError', message: expect.stringContaining('It runs again') });
    await expectUntouched({ state: 'running', stops: 1 });
  });

  test('it runs again when the request is cancelled while it stops', async () => {
    const worker = await workerWith();
    const source = new CancellationTokenSource();
    await program.call('holdWinnat', true);
    const answer = worker.request('exclusion/add', wanted(), source.token).catch((error: unknown) => error);
    while ((await program.call('winnat')).stops === 0);
    source.cancel();
    await worker.request('system/dynamicRange', {}); // answered after the cancellation was heard
    await program.call('holdWinnat', false);
    expect(await answer).toMatchObject({ code: -32800 });
    await expectUntouched({ state: 'running', stops: 1 });
  });

  test('it runs again when the client goes away while it stops', async () => {
    const worker = await workerWith();
    await program.call('holdWinnat', true);
    void worker.request('exclusion/add', wanted()).catch(() => {});
    while ((await program.call('winnat')).stops === 0);
    worker.process.stdin.end();
    await program.call('holdWinnat', false);
    await worker.process.ended;
    expect(await program.call('winnat')).toEqual({ state: 'running', stops: 1 });
  });
});
