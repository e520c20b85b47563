import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { clearLockedPorts, getPort, waitForPort } from '../../src/index.ts';
import { portreservation } from '../cli/support.ts';
import { packageFile } from '../package/installation.ts';
import { ownHost } from '../support/own-host.ts';
import { handedOver, withoutDatagrams } from './handed-over.ts';
import {
  bin,
  cleanEnvironment,
  installLibrary,
  noProjects,
  projects,
  projectsTitle,
  run,
  runtime,
} from './projects.ts';

beforeAll(() => {
  if (!noProjects) installLibrary();
});

const node = process.execPath;
const isLinux = process.platform === 'linux';

/** Runs a program in a project's folder, on Node or what is named. */
function inProject(project: string, args: string[], program = node): Promise<string> {
  return run(program, args, { cwd: join(projects, project), env: cleanEnvironment(onTestFinished) });
}

/** The ports of each worker, as the tests said them; a worker that ran several files said the same each time. */
function portsOfWorkers(output: string, pattern: RegExp): Map<string, string> {
  const ports = new Map<string, string>();
  for (const [, worker, range] of output.matchAll(pattern)) {
    expect(ports.get(worker!) ?? range).toBe(range);
    ports.set(worker!, range!);
  }
  expect(new Set(ports.values()).size).toBe(ports.size);
  return ports;
}

describe.skipIf(noProjects)(projectsTitle('test runners'), () => {
  test('Vitest gives each worker ports of its own', async () => {
    const output = await inProject('vitest', [bin('vitest/vitest.mjs'), 'run']);
    expect(output).toMatch(/Tests +3 passed/);
    expect(output.match(/worker \d ports/g)).toHaveLength(3);
    expect(portsOfWorkers(output, /worker (\d) ports ([\d-]+)/g).size).toBeGreaterThan(0);
  });

  test('Jest does, in its default mode', async () => {
    const output = await inProject('jest-cjs', [bin('jest/bin/jest.js')]);
    expect(output).toMatch(/Tests: +5 passed, 5 total/);
    expect(portsOfWorkers(output, /worker (\d) ports ([\d-]+)/g).size).toBeGreaterThan(0);
  });

  test('Jest does, in its mode for modules', async () => {
    const output = await inProject('jest-esm', ['--experimental-vm-modules', bin('jest/bin/jest.js')]);
    expect(output).toMatch(/Tests: +2 passed, 2 total/);
  });

  test("Playwright's runner does", async () => {
    const output = await inProject('playwright', [bin('@playwright/test/cli.js'), 'test']);
    expect(output).toMatch(/4 passed/);
    expect(portsOfWorkers(output, /worker (\d) port (\d+)/g).size).toBe(2);
  });
});

describe.skipIf(noProjects)(projectsTitle('test runners under exec'), () => {
  test.each([
    ['vitest', [bin('vitest/vitest.mjs'), 'run'], /Tests +3 passed/],
    ['playwright', [bin('@playwright/test/cli.js'), 'test'], /4 passed/],
    ['jest-cjs', [bin('jest/bin/jest.js')], /Tests: +5 passed, 5 total/],
  ])('%s passes, twice at the same time, with the ports that exec keeps', async (project, runner, passed) => {
    const [cwd, env] = [join(projects, project), cleanEnvironment(onTestFinished)];
    const words = [portreservation, 'exec', '--quiet', '--', node, ...runner];
    const outputs = await Promise.all([1, 2].map(() => run(node, words, { cwd, env })));
    for (const output of outputs) expect(output).toMatch(passed);
    const told = outputs.map((output, index) => output.replaceAll('worker ', `worker ${index + 1}`));
    expect(portsOfWorkers(told.join('\n'), /worker (\d+) ports? ([\d-]+)/g).size).toBeGreaterThan(1);
  });
});

describe.skipIf(noProjects)(projectsTitle('servers'), () => {
  test.each([
    ['express', /^express\n$/],
    ['fastify', /^fastify\n$/],
    ['vite', /^200 vite\n$/],
    ['threads', /^8 ports, thread thread thread thread\n$/],
  ])('%s listens on what was reserved', async (name, said) => {
    expect(await inProject('servers', [`${name}.mjs`])).toMatch(said);
  });

  test.skipIf(!isLinux)('workers of a cluster share what was reserved', async () => {
    expect(await inProject('servers', ['cluster.mjs'])).toBe('cluster of 2\n');
  });
});

describe.skipIf(noProjects)(projectsTitle('runtimes'), () => {
  const runtimes: [string, string | undefined, string[]][] = [
    [`Node ${process.versions.node.split('.')[0]}, which runs the tests,`, node, []],
    ['Node 22', runtime('node-22/bin/node'), []],
    ['Node 24', runtime('node-24/bin/node'), []],
    ['Deno', runtime('@deno/linux-x64-glibc/deno'), ['run', '--allow-all']],
    ['Bun', runtime('@oven/bun-linux-x64/bin/bun'), ['run']],
  ];
  for (const [name, file, args] of runtimes) {
    const title = `${name} loses nothing while it takes a reserved port, and lets nobody in`;
    test.skipIf(!file)(file ? title : `${title} (skipped: npm has none for this system)`, async () => {
      const expected = name === 'Deno' ? withoutDatagrams : handedOver;
      expect(JSON.parse(await inProject('.', [...args, 'hand-over.mjs'], file))).toEqual(expected);
    });
  }
});

describe.skipIf(noProjects)(projectsTitle('bundles'), () => {
  let out: string;
  beforeAll(async () => {
    if (noProjects) return;
    out = join(projects, 'bundles/out');
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out);
    const ends: (() => void)[] = [];
    const env = cleanEnvironment((work) => ends.push(work));
    await run(node, ['build.mjs', out], { cwd: join(projects, 'bundles'), env }).finally(() => {
      for (const end of ends) end();
    });
  });

  const programs = [
    'esbuild.mjs',
    'esbuild.cjs',
    'rollup.mjs',
    'rollup.cjs',
    'vite/program.mjs',
    'webpack/program.cjs',
  ];

  test.each(programs)('%s runs where the package is installed', async (file) => {
    expect(await inProject('bundles', [join(out, file)])).toBe('bundled true\n');
  });

  // webpack's looks where the library was when it was bundled, and finds it there.
  test.each(programs.filter((file) => !file.startsWith('webpack')))(
    '%s says which package to mark external where it is not',
    async (file) => {
      const elsewhere = mkdtempSync(join(tmpdir(), 'port-reservation-bundle-'));
      onTestFinished(() => rmSync(elsewhere, { recursive: true, force: true }));
      cpSync(out, elsewhere, { recursive: true });
      const output = await run(node, [join(elsewhere, file)], {
        cwd: elsewhere,
        env: cleanEnvironment(onTestFinished),
      });
      expect(output).toMatch(/^PackageFilesError portreservation Mark portreservation as external .*--external/);
    },
  );
});

describe.skipIf(noProjects)(projectsTitle('the server of Next'), () => {
  test.each([
    ['left out of its bundle', '0'],
    ['in its bundle', '1'],
  ])('finds the files of the library that is %s', async (_, isBundled) => {
    const cwd = join(projects, 'next');
    const next = bin('next/dist/bin/next');
    const env = {
      ...cleanEnvironment(onTestFinished),
      PROJECT_BUNDLES_LIBRARY: isBundled,
      NEXT_TELEMETRY_DISABLED: '1',
    };
    await run(node, [next, 'build'], { cwd, env });
    const port = await getPort({}, { host: ownHost() });
    onTestFinished(() => clearLockedPorts());
    const server = spawn(node, [next, 'start', '--port', `${port}`], { cwd, env, stdio: 'ignore' });
    const ended = once(server, 'exit');
    onTestFinished(async () => {
      server.kill();
      await ended;
    });
    await waitForPort(port, { timeout: 20_000 });
    const response = await fetch(`http://127.0.0.1:${port}/ports`);
    expect(await response.json()).toEqual({ text: 'next', port: expect.any(Number) });
  });
});

describe.skipIf(noProjects)(projectsTitle('the package as registries and compilers see it'), () => {
  test('publint finds nothing', async () => {
    const output = await inProject('.', [bin('publint/src/cli.js'), 'run', '--strict', bin('portreservation')]);
    expect(output).toMatch(/All good!/);
  });

  test('are the types wrong? No', async () => {
    const words = [
      '--exclude-entrypoints',
      'desired-state.schema.json',
      'protocol.schema.json',
      '--format',
      'ascii',
      '--no-emoji',
    ];
    const output = await inProject('.', [bin('@arethetypeswrong/cli/dist/index.js'), packageFile('.tgz'), ...words]);
    expect(output).toMatch(/No problems found/);
  });

  test.each(['cjs', 'esm'])('the types are those of a program in %s', async (kind) => {
    expect(await inProject(`types/${kind}`, [bin('typescript/bin/tsc'), '-p', '.'])).toBe('');
  });

  test('it has no scripts, and nothing that only the checkout has', () => {
    const manifest = JSON.parse(readFileSync(bin('portreservation/package.json'), 'utf8'));
    expect(manifest).not.toHaveProperty('scripts');
    expect(manifest).not.toHaveProperty('devDependencies');
    expect(manifest).toMatchObject({
      name: 'portreservation',
      license: 'MIT',
      keywords: expect.arrayContaining(['get-port']),
    });
  });
});
