import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manualPages } from '../../src/cli/man/pages.ts';
import { packageVersion } from '../../src/protocol/generated/contract.ts';

const folder = join(import.meta.dirname, '../../dist/man');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const noMandoc = spawnSync('mandoc', ['-V']).error !== undefined;

test('the manual that was built is that of the commands of today', () => {
  const [, date] = /^\.TH \S+ 1 (\S+) /.exec(read('portreservation.1'))!;
  const today = manualPages({ version: packageVersion, date: date! });
  expect(readdirSync(folder).sort()).toEqual([...today.keys()].map((name) => `${name}.1`).sort());
  for (const [name, text] of today) expect(read(`${name}.1`)).toBe(text);
});

test('a page has a command’s arguments, options with their meaning, and examples as they are typed', () => {
  const page = read('portreservation-exec.1');
  for (const heading of ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'ARGUMENTS', 'OPTIONS', 'NOTES', 'SEE ALSO'])
    expect(page).toContain(`\n.SH ${heading}\n`);
  expect(page).toContain('\\fB\\-\\-start\\-port\\fR <port>\n');
  expect(page).toContain('\n.nf\n  portreservation exec \\-\\-ports 3 \\-\\-name web \\-\\- npm test\n');
  expect(read('portreservation.1')).toContain('.BR portreservation\\-exclude (1)');
  expect(existsSync(join(folder, 'portreservation-exclude-add.1'))).toBe(true);
  expect(existsSync(join(folder, 'portreservation-complete.1'))).toBe(false);
});

test.skipIf(noMandoc)(`mandoc finds nothing${noMandoc ? ' (skipped: needs mandoc)' : ''}`, () => {
  const files = readdirSync(folder).map((name) => join(folder, name));
  expect(spawnSync('mandoc', ['-T', 'lint', ...files], { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' });
  expect(execFileSync('mandoc', ['-T', 'utf8', join(folder, 'portreservation-get.1')], { encoding: 'utf8' })).toContain(
    'list the reservations',
  );
});
