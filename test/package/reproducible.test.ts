import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fillNpmFolder } from '../../tools/npm-folder.mjs';
import { programName, singleProgram, thisPlatform } from '../../tools/single-program.mjs';
import {
  emptyFolder,
  noPackages,
  noProgram,
  packageFile,
  packagesTitle,
  programTitle,
  singleProgramFile,
} from './installation.ts';

const root = join(import.meta.dirname, '../..');

describe.skipIf(noProgram)(programTitle('the program'), () => {
  test('is the same bytes when it is made again elsewhere, and holds no path of where it was made', async () => {
    const made = await singleProgram(thisPlatform, emptyFolder(onTestFinished));
    const program = readFileSync(join(made, programName(thisPlatform)));
    expect(program.equals(readFileSync(singleProgramFile))).toBe(true);
    for (const path of [root, dirname(made)]) expect(program.includes(path)).toBe(false);
  });
});

describe.skipIf(noPackages || process.platform === 'win32')(packagesTitle('the npm package'), () => {
  test('is the same bytes whatever the umask of whoever built it', () => {
    const folder = emptyFolder(onTestFinished);
    const copy = join(folder, 'copy');
    fillNpmFolder(copy, (from, to) => {
      cpSync(from, to, { recursive: true });
      // As a checkout and a build under umask 077 leave it.
      const all = statSync(to).isDirectory() ? readdirSync(to, { recursive: true, encoding: 'utf8' }) : [''];
      for (const name of all) chmodSync(join(to, name), statSync(join(to, name)).mode & 0o700);
    });
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: copy });
    const [tarball] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    expect(readFileSync(join(folder, tarball!)).equals(readFileSync(packageFile('.tgz')))).toBe(true);
  });
});
