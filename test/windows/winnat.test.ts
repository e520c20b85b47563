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
    start = await machine().block(8);
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

  test('another driver’s is not had by restarting it, and that is said', async () => {
    const other = await machine().caller();
    await other.call('acquire', await other.call('socket', 'tcp'), start + 8, 1);
    const range = { startPort: start + 8, numberOfPorts: 1 };
    const refusal = await (await workerWith()).refusal('exclusion/add', { protocol: 'tcp', range, restartNat: true });
    expect(refusal).toMatchObject({ name: 'RangeReserved', message: expect.stringContaining('than WinNAT') });
    await expectUntouched({ state: 'running', stops: 1 });
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
