import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { examples, project, runForJson } from './support.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const example = join(examples, 'vscode');

/** The example as it would be installed, but for the module vscode. */
async function install(folder: string): Promise<string> {
  const extension = join(folder, 'extension');
  const modules = join(extension, 'node_modules');
  for (const name of ['out', 'node_modules/vscode']) mkdirSync(join(extension, name), { recursive: true });
  const source = readFileSync(join(example, 'extension.ts'), 'utf8');
  const { code } = await transform(source, { loader: 'ts', format: 'esm' });
  writeFileSync(join(extension, 'out/extension.js'), code);
  copyFileSync(join(example, 'package.json'), join(extension, 'package.json'));
  symlinkSync(checkout, join(modules, 'portreservation'), 'junction');
  copyFileSync(join(import.meta.dirname, 'vscode/vscode.mjs'), join(modules, 'vscode/vscode.mjs'));
  writeFileSync(join(modules, 'vscode/package.json'), JSON.stringify({ name: 'vscode', exports: './vscode.mjs' }));
  return extension;
}

test("examples/vscode finds the dev server's port, with a stand-in for vscode", async () => {
  const { folder, env, taken, nothingReserved } = await project(onTestFinished, 'grüße 🚢');
  env.EXTENSION = await install(env.PORT_RESERVATION_HOME!);
  const seen = await runForJson(process.execPath, [join(import.meta.dirname, 'vscode/run.mjs')], { folder, env });
  const { port } = seen;

  const text = `The dev server of grüße 🚢 can have port ${port}, now $PORT.`;
  expect(seen).toMatchObject({
    first: { kind: 'information', text },
    again: { kind: 'information', text },
    others: 'RangeReserved',
    listed: [{ name: 'grüße 🚢', lifetime: 'runtime', range: { startPort: port, numberOfPorts: 1 } }],
    taken: {
      kind: 'warning',
      text: expect.stringMatching(new RegExp(`^Port ${taken} cannot be had\\. .*listens on`)),
    },
    remedy: expect.stringMatching(/kill/),
    wrong: { kind: 'error', text: expect.stringMatching(/must be 1 to 65535/) },
    server: `listening on ${port}`,
    othersAfter: 'RangeReserved',
    died: { kind: 'error', text: expect.stringMatching(/^The worker was ended by SIGKILL/) },
    revived: { kind: 'information', text },
  });
  await nothingReserved();
});

test('its manifest names the commands that it registers, and what the checkout has', () => {
  const manifest = JSON.parse(readFileSync(join(example, 'package.json'), 'utf8'));
  const own = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  const source = readFileSync(join(example, 'extension.ts'), 'utf8');
  const registered = [...source.matchAll(/registerCommand\('(.*?)'/g)].map(([, name]) => name);
  expect(manifest.contributes.commands.map(({ command }: { command: string }) => command)).toEqual(registered);
  expect(manifest.dependencies).toEqual({ portreservation: `^${own.version}` });
  expect(manifest.devDependencies['@types/vscode']).toBe(`~${own.devDependencies['@types/vscode']}`);
  expect(manifest.engines.vscode).toBe(`^${own.devDependencies['@types/vscode']}`);
});
