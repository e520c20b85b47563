import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LabProcess, Result } from './driver.ts';
import { describeInLab } from './lab.ts';
import { Lab, type Machine } from './run.ts';

const program = join(import.meta.dirname, '../../build/package/portreservation-win32-x64.exe');
const noProgram = !existsSync(program);
const title = `the single program for Windows${noProgram ? ' (skipped: npm run package could not make it here)' : ''}`;

describeInLab(title, () => {
  let lab: Lab;
  let machine: Machine;

  beforeAll(async () => {
    lab = await Lab.open();
    machine = lab.machine();
  });
  afterAll(() => lab.close());

  const start = (...args: string[]): Promise<LabProcess> => {
    const env = { ...machine.environment({ elevated: true }), LOCALAPPDATA: `Z:${machine.folder}` };
    return lab.driver.launch({ program, args, env, cwd: machine.folder, console: false });
  };

  async function run(...args: string[]): Promise<Result> {
    const process = await start(...args);
    process.stdin.end();
    return process.ended;
  }

  test.skipIf(noProgram)('says its version', async () => {
    expect(await run('--version')).toMatchObject({ code: 0, stdout: '0.1.0\n' });
  });

  test.skipIf(noProgram)('makes, lists and removes a reservation of Windows, copied alone', async () => {
    const made = await run('new', '--persistent', '--name', 'kept', '--ports', '3', '--plain');
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^(\d+\n){3}$/) });
    expect((await run('get', '--json')).stdout).toContain('"kept"');
    expect(await run('remove', 'kept')).toMatchObject({ code: 0 });
    const native = join(machine.folder, 'PortReservation', 'native');
    expect(readdirSync(native)).toHaveLength(1);
    expect(readdirSync(join(native, readdirSync(native)[0]!))).toEqual(['koffi.node']);
  });
});
