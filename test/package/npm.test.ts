import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorker } from '../../src/index.ts';
import { emptyFolder, noPackages, packageFile, packagesTitle, run, withoutNetwork } from './installation.ts';

const checkout = join(import.meta.dirname, '../..');

const program = `
import { createServer } from 'node:net';
import { reserve, startWorker } from 'portreservation';

const listen = (port) => new Promise((resolve) => {
  const server = createServer();
  server.once('error', ({ code }) => resolve(code));
  server.listen(port, () => server.close(() => resolve('listened')));
});
const block = await reserve({ protocol: 'tcp', numberOfPorts: 3, name: 'installed' });
console.log(block.ports.length, await listen(block.ports[0]));
await block.release();
console.log(await listen(block.ports[0]));
const worker = await startWorker();
const { range } = (await worker.request('reservation/create', { protocol: 'udp' })).reservations[0];
console.log(range.numberOfPorts);
await worker.close();
`;

const typed = `
import { type HeldReservation, reserve, ServiceError, startWorker } from 'portreservation';

await using block: HeldReservation = await reserve({ protocol: 'tcp', numberOfPorts: 3 });
export const ports: readonly number[] = block.ports;
// @ts-expect-error: the types say which protocols there are
reserve({ protocol: 'sctp' }).catch((error) => error instanceof ServiceError && error.errorName === 'PortInUse');
await using worker = await startWorker({ provider: 'ledger' });
export const list: { protocol: 'tcp' | 'udp' }[] = (await worker.request('reservation/list', {})).reservations;
`;

const options = {
  compilerOptions: {
    module: 'NodeNext',
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable'],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  },
  files: ['typed.ts'],
};

describe.skipIf(noPackages)(packagesTitle('the installed npm package'), () => {
  const atEnd: (() => void)[] = [];
  let folder: string;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    folder = emptyFolder((work) => atEnd.push(work));
    env = { HOME: folder, PORT_RESERVATION_HOME: join(folder, 'home'), npm_config_cache: join(folder, 'cache') };
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', packageFile('.tgz')], { cwd: folder, env });
  });
  afterAll(() => {
    for (const work of atEnd) work();
  });

  test('does the main job, in its own process and by a worker', async () => {
    writeFileSync(join(folder, 'program.mjs'), program);
    const output = await run(process.execPath, ['program.mjs'], { cwd: folder, env });
    expect(output.trimEnd().split(/\r?\n/)).toEqual(['3 EADDRINUSE', 'listened', '1']);
  });

  test('brings nothing else along', () => {
    const installed = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(installed).toEqual(['portreservation']);
    const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(
      readFileSync(join(folder, 'node_modules/portreservation/package.json'), 'utf8'),
    );
    expect([dependencies, optionalDependencies, peerDependencies]).toEqual([
      undefined,
      undefined,
      { '@types/node': '>=20' }, // which is optional: for the declarations alone
    ]);
    expect(readdirSync(join(folder, 'node_modules/portreservation/dist')).sort()).toEqual([
      'PortReservation',
      'THIRD-PARTY-NOTICES',
      'dsc-3.1',
      'lib',
      'man',
    ]);
    expect(readdirSync(join(folder, 'node_modules/portreservation/dist/PortReservation')).sort()).toEqual([
      'exclusion.dsc.resource.json',
      'reservation.dsc.resource.json',
      'reservationlist.dsc.resource.json',
      'sbom.cdx.json',
      'schemas',
      'worker',
    ]);
  });

  test('has types that need no package but those of Node', async () => {
    writeFileSync(join(folder, 'typed.ts'), typed);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options));
    symlinkSync(join(checkout, 'node_modules/@types'), join(folder, 'node_modules/@types'), 'junction');
    const tsc = join(checkout, 'node_modules/typescript/bin/tsc');
    expect(await run(process.execPath, [tsc, '-p', '.'], { cwd: folder, env })).toBe('');
  });

  test.skipIf(process.platform === 'win32')('has a program portreservation that reserves for a command', async () => {
    const words = ['exec', '--ports', '2', '--', 'printenv', 'PORT_RANGE'];
    const output = await run(join(folder, 'node_modules/.bin/portreservation'), words, { cwd: folder, env });
    expect(output).toMatch(/^\d+-\d+\n$/);
  });

  test.each([
    ['port-reservation-worker', '--stdio'],
    ['portreservation', 'serve', '--stdio'],
  ])('has a program %s that serves', async (name, ...words) => {
    const command = withoutNetwork(join(folder, 'node_modules/.bin', name), ...words);
    await using worker = await startWorker({ command, env: { ...process.env, ...env } });
    expect(worker.server.serverInfo.name).toBe('portreservation');
  });
});
