import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { expect, test } from 'vitest';
import { cleanFolder } from '../docs/clean-folder.ts';
import { checkout, fence, textOf } from '../docs/fences.ts';
import { lacking } from '../kernel/held/support/python.ts';
import { noProgram, programTitle, singleProgramFile, version } from '../package/installation.ts';
import { ModuleSession, quoted } from '../powershell/module-session.ts';
import { namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';

const execute = promisify(execFile);

test("(c) PowerShell: the README's quick start as it is pasted", async () => {
  await using session = await ModuleSession.start();
  session.reset();
  const lines = fence('README.md', 'Import-Module ./dist').trimEnd().split('\n');
  expect(lines).toHaveLength(5);
  const [, reserve, bind, look, remove] = lines.map((line) => line.replace('5173', '$web.StartPort'));
  const seen = await session.run(`
    Set-Location ${quoted(checkout)}
    ${lines[0]}
    ${reserve}
    $socket = ${bind}
    $status = ${look}
    $socket.Dispose()
    ${remove}
    Report @{ ports = $web.NumberOfPorts; name = $web.Name; bound = $socket.GetType().Name; verdict = $status.Verdict
      explanation = $status.Explanation; left = @(Get-PortReservation).Count }`);
  expect(seen).toMatchObject({ ports: 3, name: 'web', bound: 'Socket', left: 0 });
  expect(seen.explanation).toContain('"web"');
});

test("(d) library: the README's lines in a project of one's own", async () => {
  const { path, env } = cleanFolder();
  mkdirSync(join(path, 'node_modules'));
  symlinkSync(checkout, join(path, 'node_modules/portreservation'), 'junction');
  for (const page of ['README.md', 'README.npm.md']) {
    const block = fence(page, "import http from 'node:http';");
    const source = `const app = (_, answer) => answer.end('hello');
      ${block}
      console.log(block.ports.length, block.ports[0] === port, await (await fetch('http://127.0.0.1:' + port)).text());
      process.exit();`;
    const { code } = await transform(source, { loader: 'ts', target: 'es2022', format: 'esm' });
    writeFileSync(join(path, 'program.mjs'), code);
    expect((await execute(process.execPath, ['program.mjs'], { cwd: path, env })).stdout).toBe('3 true hello\n');
  }
});

test('(i) maintainer: every file that a recipe names is there, and the package files the README names are those that are made', () => {
  const recipes = /## Recipes\n([\s\S]*?)\n## /.exec(textOf('CONTRIBUTING.md'))![1]!;
  const named = [...recipes.matchAll(/`([\w./-]+\.(?:ts|json|ps1|psd1|py|ps1xml|txt))`/g)].map(([, file]) => file!);
  const rooms = ['', 'powershell/PortReservation/', 'schemas/'];
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((file) => !rooms.some((room) => existsSync(join(checkout, room, file))))).toEqual([]);
  const tarballs = [...textOf('README.md').matchAll(/portreservation-([\d.]+)\.tgz/g)].map(([, one]) => one);
  expect(new Set(tarballs)).toEqual(new Set([version]));
});

test.skipIf(noProgram)(programTitle('(j) no Node: the single program alone does the main job'), () => {
  const { path, env } = cleanFolder();
  const program = join(path, 'portreservation');
  copyFileSync(singleProgramFile, program);
  const alone = { ...env, PATH: '/usr/bin:/bin' };
  const run = (...words: string[]) => spawnSync(program, words, { cwd: path, env: alone, encoding: 'utf8' });
  expect(run('-v').stdout).toBe(`${version}\n`);
  expect(run('run', '--count', '2', '--', 'printenv', 'PORT_RANGE').stdout).toMatch(/^\d+-\d+\n$/);
  expect(run('status', ':5173').stdout).toMatch(/^Protocol Port CanBind Verdict/);
});

test.skipIf(noNamespaces || lacking.python)(
  namespaceTitle("the README's what-if says what is in the way, and its document is applied"),
  async () => {
    const { path, env } = cleanFolder();
    writeFileSync(join(path, 'ports.yaml'), fence('README.md', 'name: shop'));
    const [line, answer] = fence('README.md', '$ portreservation new').trimEnd().split('\n');
    const listen = `import socket, time; s = socket.socket(); s.bind(('', 21040)); s.listen(); print('there', flush=True); time.sleep(600)`;
    const lines = [
      'portreservation apply ports.yaml --prune',
      'portreservation apply ports.yaml --prune --detailed-exitcode',
      'portreservation get; portreservation remove web',
      `python3 -c "${listen}" > there & SERVER=$!`,
      'until [ -s there ]; do sleep 0.1; done',
      `${line!.slice(2)} 2>&1 || true`,
      'kill $SERVER',
    ];
    const { prefix } = await openNamespace();
    const [enter, ...words] = [...prefix, 'env', '-C', path, 'sh', '-e', '-c', lines.join('\n')];
    const { stdout } = await execute(enter!, words, { env, timeout: 50_000 });
    expect(stdout).toMatch(/Tcp +21040 +21042 Persistent .* web\n/);
    expect(stdout).toContain(`${answer}\n`);
  },
);

test('the page for reviewers names every folder that the program writes to', () => {
  const told = readFileSync(join(checkout, 'docs/traces.md'), 'utf8');
  const sources = [
    'src/providers/linux/sysctl-files.ts',
    'src/providers/linux/kernel/units.ts',
    'src/providers/linux/kernel/gate-access.ts',
  ];
  const paths = sources.flatMap((file) =>
    [
      ...readFileSync(join(checkout, file), 'utf8').matchAll(
        /'(\/(?:etc|run|sys\/fs)\/[\w./-]*port-reservation[\w./-]*)'/g,
      ),
    ].map(([, path]) => path!),
  );
  expect(paths.length).toBeGreaterThanOrEqual(3);
  for (const path of paths) expect(told).toContain(path.replace(/\/excluded$/, ''));
});
