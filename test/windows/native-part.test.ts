import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInLab, windowsPath } from '../lab/lab.ts';
import type { Machine } from '../lab/run.ts';
import { openProductLab, type ProductLab } from './support/product-lab.ts';
import { WindowsWorker } from './support/worker.ts';

// koffi.node carries no signature, so Smart App Control and other policies refuse it; here it is no library at all.
describeInLab('a Windows that does not load the native code', () => {
  let opened: ProductLab;
  let machine: Machine;
  let program: string;
  beforeAll(async () => {
    opened = await openProductLab();
    machine = opened.lab.machine();
    program = opened.product.worker;
    writeFileSync(join(program, '../koffi/win32-x64/koffi.node'), 'no library');
  });
  afterAll(() => opened?.close());
  const environment = () => {
    const home = windowsPath(machine.folder);
    return { ProgramData: `${home}\\ProgramData`, LOCALAPPDATA: `${home}\\LocalAppData` };
  };
  const start = (file: string, args: string[]) => machine.start({ runtime: 'node22', file, args, env: environment() });

  test('what netsh alone tells is told, and the rest is refused with the reason and the way out', async () => {
    const admin = await machine.caller({ elevated: true });
    await admin.call('netsh', 'int', 'ipv4', 'add', 'excludedportrange', 'tcp', '20001', '2');
    const worker = new WindowsWorker(await start(program, ['--stdio']));
    const { exclusions, warnings } = await worker.request('exclusion/list', { port: 20_002 });
    expect(exclusions).toMatchObject([{ protocol: 'tcp', range: { startPort: 20_001, numberOfPorts: 2 }, own: false }]);
    expect(warnings).toBeUndefined();
    const { dynamicRanges } = await worker.request('system/dynamicRange', {});
    expect(dynamicRanges).toMatchObject([{ range: { startPort: 49_152 } }, { range: { startPort: 49_152 } }]);
    const refused = [
      await worker.refusal('reservation/create', { protocol: 'tcp' }),
      await worker.refusal('port/inspect', { protocol: ['tcp'], ranges: [{ startPort: 20_001, numberOfPorts: 1 }] }),
      await worker.refusal('exclusion/add', { protocol: 'tcp', range: { startPort: 20_010, numberOfPorts: 1 } }),
      await worker.refusal('reservation/list', {}),
    ];
    for (const refusal of refused) {
      expect(refusal).toMatchObject({ name: 'NotSupported', hint: expect.stringContaining('event 3077') });
      expect(refusal.message).toMatch(/^The native code cannot be loaded: [^\n]*koffi\.node\.$/);
    }
    expect(await worker.end()).toMatchObject({ code: 0, stderr: '' });
  });

  test('the command line says the same, and no stack', async () => {
    const commandLine = join(program, '../portreservation.mjs');
    const run = async (...args: string[]) => {
      const { ended, stdin } = await start(commandLine, args);
      stdin.end();
      return ended;
    };
    const listed = await run('exclude', 'list', '--json');
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(listed.stdout).exclusions).toBeInstanceOf(Array);
    for (const args of [
      ['status', '20001'],
      ['new', '--persistent', '--start-port', '20001'],
    ]) {
      const refused = await run(...args);
      expect(refused.stderr, args[0]).toMatch(/^portreservation: The native code cannot be loaded: .*\n.*event 3077/);
      expect(refused.stderr).not.toMatch(/^\s+at /m);
      expect(refused.code).not.toBe(0);
    }
  });
});
