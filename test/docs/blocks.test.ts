import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { UsageError } from '../../src/cli/failure.ts';
import { Output } from '../../src/cli/output.ts';
import { program } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/rendering.ts';
import { lacking } from '../kernel/held/support/python.ts';
import { namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';
import { notRun, run } from './blocks.ts';
import { cleanFolder } from './clean-folder.ts';
import { checkout, fences, pages, textOf } from './fences.ts';

const names = fences.map(({ name }) => name);

test('every fenced block is run, or it is said why not: add it to test/docs/blocks.ts', () => {
  expect(names.filter((name) => !(name in run) && !(name in notRun))).toEqual([]);
  const all = [...Object.keys(run), ...Object.keys(notRun)];
  expect(all.filter((name) => !names.includes(name))).toEqual([]);
  expect(all.length).toBe(new Set(all).size);
});

const terminal = { stdout: {}, stderr: {}, env: {}, platform: 'linux' } as unknown as Terminal;
const blanks = /"[^"]*"|'[^']*'|\S+/g;

/** Each call of the program in a shell, as its words. */
const callsIn = (text: string): string[][] =>
  [
    ...text
      .replace(/\\\n/g, ' ')
      .matchAll(/(?<![\w./-])portreservation ((?:"[^"\n]*"|'[^'\n]*'|\$\$|[^|&;#)>"'\n])+)/g),
  ].map(([, words]) => (words!.match(blanks) ?? []).map((word) => word.replace(/^["']|["']$/g, '')));

const shells = fences.filter(({ language }) => language === '' || language === 'sh');
const calls = shells
  .flatMap(({ name, text }) => callsIn(text).map((words) => [name, words] as const))
  // Sentences in drawings and outputs.
  .filter(([, [first]]) => first !== undefined && !/^[^a-z-]|[.:,]$|^is$/.test(first));

test('every call of the program in a block is in words that it understands', async () => {
  expect(calls.length).toBeGreaterThan(30);
  const wrong: string[] = [];
  for (const [name, words] of calls) {
    const root = program(terminal, new Output(terminal));
    const all = [root, ...root.commands, ...root.commands.flatMap(({ commands }) => commands)];
    for (const command of all) if (command.commands.length === 0) command.action(() => {});
    const known = words.map((word) => word.replace(/^"?\$\w+"?$|^\$\$$/, '4711'));
    try {
      await root.parseAsync(known, { from: 'user' });
    } catch (error) {
      if (error instanceof UsageError || (error instanceof CommanderError && error.exitCode !== 0))
        wrong.push(`${name}: ${words.join(' ')}: ${error.message}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('every block of YAML can be read', () => {
  for (const { name, language, text } of fences) {
    if (language === 'yaml') expect(() => parse(text), name).not.toThrow();
  }
});

test('every link of a page leads to a file that is there', () => {
  const lost = pages.flatMap((page) =>
    [...textOf(page).matchAll(/\]\(([^)\s#:]+)(?:#[^)]*)?\)/g)]
      .map(([, to]) => join(dirname(page), to!))
      .filter((to) => !existsSync(join(checkout, to)))
      .map((to) => `${page}: ${to}`),
  );
  expect(lost).toEqual([]);
});

const execute = promisify(execFile);
const skipped = noNamespaces !== undefined || lacking.python !== '';

test.skipIf(skipped).each(Object.keys(run))(namespaceTitle('%s is run as it stands'), async (name) => {
  const { before = {}, first = '', last = '', says, calls } = run[name]!;
  const { text } = fences.find((one) => one.name === name)!;
  const lines = text.split('\n').flatMap((line) => {
    const inserted = Object.entries(before).filter(([part]) => line.includes(part));
    return [...inserted.map(([, one]) => one), line];
  });
  const { path, env } = cleanFolder({ ...(calls && { calls }) });
  const { prefix } = await openNamespace();
  const [enter, ...words] = [...prefix, 'env', '-C', path, 'sh', '-e', '-c', [first, ...lines, last].join('\n')];
  const { stdout, stderr } = await execute(enter!, words, { env, timeout: 50_000 });
  expect(`${stdout}${stderr}`).toMatch(says ?? /(?:)/);
});
