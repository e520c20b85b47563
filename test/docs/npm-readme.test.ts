import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fillNpmFolder } from '../../tools/npm-folder.mjs';

test("the package's README is one for its users: no link or command that is not in the package", () => {
  const folder = mkdtempSync(join(tmpdir(), 'port-reservation-readme-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  fillNpmFolder(folder);
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  expect(readme).not.toMatch(/npm (?:run|start|test\b)|\bdist\/|\bbuild\/|PS>|Import-Module|from a clone/);
  const pages = ['README.md', 'SECURITY.md', ...readdirSync(join(folder, 'docs')).map((file) => `docs/${file}`)];
  const lost = pages
    .filter((page) => page.endsWith('.md'))
    .flatMap((page) =>
      [...readFileSync(join(folder, page), 'utf8').matchAll(/\]\(([^)\s#:]+)(?:#[^)]*)?\)/g)]
        .map(([, to]) => to!)
        .filter((to) => !existsSync(join(folder, dirname(page), to)))
        .map((to) => `${page}: ${to}`),
    );
  expect(lost).toEqual([]);
});
