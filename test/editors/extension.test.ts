import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const checkout = join(import.meta.dirname, '../..');
const extension = join(checkout, 'editors/vscode');
const read = (file: string) => readFileSync(join(checkout, file), 'utf8');
const manifest = JSON.parse(read('editors/vscode/package.json'));

test('the manifest names the commands that are registered, and what is registered the manifest', async () => {
  const files = await readdir(join(extension, 'src'));
  const source = files.map((file) => read(`editors/vscode/src/${file}`)).join('\n');
  const registered = [...source.matchAll(/\bregister\('(\w+)'/g)].map(([, name]) => `portreservation.${name}`);
  const { commands, mcpServerDefinitionProviders, views } = manifest.contributes;
  expect(registered.sort()).toEqual(commands.map(({ command }: { command: string }) => command).sort());
  for (const { id } of [...mcpServerDefinitionProviders, ...views.explorer]) expect(source).toContain(`'${id}'`);
});

test('it is of the version of the checkout, and of an editor that knows the types', () => {
  const own = JSON.parse(read('package.json'));
  expect(manifest.version).toBe(own.version);
  expect(manifest.engines.vscode).toBe(`^${own.devDependencies['@types/vscode']}`);
});

test('it tells nobody anything, and ends no process', async () => {
  for (const file of await readdir(join(extension, 'src'))) {
    expect(read(`editors/vscode/src/${file}`)).not.toMatch(/telemetry|fetch\(|https?:|\.kill\(/i);
  }
});
