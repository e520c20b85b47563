import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInLab, windowsPath } from '../lab/lab.ts';
import { Lab } from '../lab/run.ts';
import { copyProduct } from './support/product.ts';

// The script that a real Windows runs in PowerShell 7 and Windows PowerShell 5.1, here in the engine under Wine.
describeInLab('the module on Windows', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.open();
  });
  afterAll(() => lab.close());

  test.each([false, true])('test/live/module.ps1 (elevated: %s)', async (elevated) => {
    const machine = lab.machine();
    const folder = mkdtempSync(join(machine.folder, 'checkout-'));
    copyProduct(folder, lab.paths.koffi);
    const file = join(folder, 'test/live/module.ps1');
    cpSync(join(import.meta.dirname, '../live/module.ps1'), file);
    const env = {
      PATH: `${windowsPath(dirname(lab.paths.node22))};C:\\windows\\system32`,
      PORT_RESERVATION_HOME: windowsPath(join(machine.folder, 'home')),
    };
    const { code, stdout, stderr } = await machine.run({ runtime: 'powershell', file, elevated, env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(/^ok: /gm)).toHaveLength(elevated ? 7 : 5);
    rmSync(folder, { recursive: true });
  });
});
