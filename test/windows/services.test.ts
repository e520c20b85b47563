import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInLab } from '../lab/lab.ts';
import { Lab } from '../lab/run.ts';

// No process of the lab that has a port is a service, so the list of services is asked by itself.
describeInLab('the services of a Windows', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.open();
  });
  afterAll(() => lab.close());

  test('are listed by the process that they run in', async () => {
    const machine = lab.machine();
    const file = join(machine.folder, 'services.mjs');
    const { outputFiles } = await build({
      stdin: {
        contents: `
          import { listedProcesses } from './processes.ts';
          import { servicesByProcess } from './service-manager.ts';
          const [processes, services] = [await listedProcesses(), await servicesByProcess()];
          process.stdout.write(JSON.stringify([...services].map(([id, list]) => ({ list, program: processes.get(id)?.name }))));`,
        resolveDir: join(import.meta.dirname, '../../src/native/windows'),
      },
      plugins: [
        {
          name: 'koffi of the lab',
          setup({ onResolve, onLoad }) {
            onResolve({ filter: /^koffi$/ }, () => ({ path: 'koffi', namespace: 'lab' }));
            onLoad({ filter: /.*/, namespace: 'lab' }, () => ({
              contents: `import { createRequire } from 'node:module';
                export default createRequire(import.meta.url)(process.env.LAB_KOFFI);`,
            }));
          },
        },
      ],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
    });
    writeFileSync(file, outputFiles[0]!.text);
    const { stdout, stderr } = await machine.run({ runtime: 'node22', file });
    expect(stderr).toBe('');
    const services: { list: string[]; program: string }[] = JSON.parse(stdout);
    expect(services.find(({ list }) => list.includes('PlugPlay'))?.program).toBe('plugplay.exe');
  });
});
