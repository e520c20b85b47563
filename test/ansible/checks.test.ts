import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { missing } from './support.ts';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '../..');

// Debian's own, whatever else is called python3 on PATH.
const python = '/usr/bin/python3';
const scripts = 'lib/python3/dist-packages/ansible_test/_util/controller/sanity';
const isThere = (...words: [string, ...string[]]) => spawnSync(words[0], words.slice(1)).status === 0;
const has = {
  'ansible-test': missing === '' && isThere('ansible-test', '--version'),
  'ansible-lint': isThere('ansible-lint', '--version'),
  voluptuous: isThere(python, '-c', 'import voluptuous, ansible_test'),
  pycodestyle: isThere('pycodestyle', '--version'),
};
const title = (text: string, needs: keyof typeof has) => (has[needs] ? text : `${text} (skipped: no ${needs})`);

/** These fetch Python packages of their own; what of them Debian has is run below. */
const withoutNetwork =
  /^(ansible-doc|changelog|import|mypy|pep8|pslint|pylint|runtime-metadata|shellcheck|validate-modules|yamllint)$/;

describe('what publishing a collection asks for', () => {
  const top = mkdtempSync(join(tmpdir(), 'port-reservation-collection-'));
  const cwd = join(top, 'ansible_collections/portreservation/ports');
  mkdirSync(join(cwd, '..'), { recursive: true });
  cpSync(join(root, 'ansible'), cwd, { recursive: true });
  afterAll(() => rmSync(top, { recursive: true, force: true }));

  /** What the program says, whatever it ends with. */
  async function said(program: string, words: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const options = {
      cwd,
      env: { ...process.env, LC_ALL: 'C.UTF-8', HOME: top, ANSIBLE_COLLECTIONS_PATH: top, ...env },
    };
    const { stdout, stderr } = await execute(program, words, options).catch((error) => error);
    return `${stdout}${stderr}`;
  }

  test.skipIf(!has['ansible-test'])(title('ansible-test sanity finds nothing', 'ansible-test'), async () => {
    const version = (await said(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])).trim();
    const known = (await said('ansible-test', ['sanity', '--list-tests'])).split('\n');
    const tests = known.filter((name) => /^[a-z-]+$/.test(name) && !withoutNetwork.test(name));
    expect(tests.length).toBeGreaterThan(15);
    const words = ['sanity', '--color', 'no', ...tests.flatMap((name) => ['--test', name]), '--python', version];
    expect(await said('ansible-test', words)).not.toMatch(/ERROR|FATAL/);
  });

  test.skipIf(!has.voluptuous)(title('its validate-modules finds nothing but the licence', 'voluptuous'), async () => {
    const folder = join('/usr', scripts, 'validate-modules');
    const modules = readdirSync(join(cwd, 'plugins/modules')).filter((name) => name.endsWith('.py'));
    const files = modules.map((name) => `plugins/modules/${name}`);
    const options = ['--format', 'plain', '--arg-spec', '--collection', 'ansible_collections/portreservation/ports'];
    const output = await said(python, [join(folder, 'validate.py'), ...options, ...files], {
      PYTHONPATH: `${top}:${folder}`,
    });
    const ignored = readFileSync(join(cwd, 'tests/sanity/ignore-2.14.txt'), 'utf8').trim().split('\n');
    const found = output.trim().split('\n');
    expect(
      found.map((line) => /^(\S+?):\d+:\d+: E(\S+)/.exec(line)?.slice(1).join(' validate-modules:') ?? line),
    ).toEqual(ignored.map((line) => line.split(' #')[0]));
  });

  test.skipIf(!has.pycodestyle)(title('its pep8 finds nothing', 'pycodestyle'), async () => {
    const words = ['--max-line-length', '160', '--ignore', 'E741,W503,E402', 'plugins'];
    expect(await said('pycodestyle', words)).toBe('');
  });

  test.skipIf(!has['ansible-lint'])(
    title('ansible-lint finds nothing in its profile production', 'ansible-lint'),
    async () => {
      const output = await said('ansible-lint', ['--offline', '--nocolor', '-p']);
      expect(output).toContain('Passed with production profile: 0 failure(s), 0 warning(s)');
    },
  );

  test('each version of ansible-test ignores the same, each with its reason', () => {
    const folder = join(cwd, 'tests/sanity');
    const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    expect(new Set(texts).size).toBe(1);
    for (const line of texts[0]!.trim().split('\n')) expect(line).toMatch(/ # \w/);
  });

  test('galaxy-importer finds the licence, a change log, a repository, and a README of each role', () => {
    const read = (path: string) => readFileSync(join(cwd, path), 'utf8');
    expect(read('LICENSE')).toBe(readFileSync(join(root, 'LICENSE'), 'utf8'));
    expect(read('CHANGELOG.md')).toContain(`## ${/^version: (.*)$/m.exec(read('galaxy.yml'))![1]}\n`);
    expect(read('galaxy.yml')).toMatch(/^repository: https:/m);
    for (const role of readdirSync(join(cwd, 'roles'))) {
      const { length } = read(`roles/${role}/README.md`);
      expect(length).toBeGreaterThan(100);
    }
  });
});
