import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Case, paired, skipped } from '../measure.ts';
import { environment } from '../support.ts';
import { has, program } from './on-demand/servers.ts';

interface Suite {
  /** Its folder. */
  folder: string;
  name: string;
  aim: string;
  rounds: number;
  /** What has to be installed, in words; undefined where all is there. */
  lacking: () => string | undefined;
  /** Prepares it in the folder, and gives the command that runs it there. */
  prepare: (folder: string) => string[];
  /** Is called before each run. */
  change?: (folder: string) => void;
}

const python = '/usr/bin/python3';
const quietly = (cwd: string, file: string, ...words: string[]) => execFileSync(file, words, { cwd, stdio: 'pipe' });

const suites: Suite[] = [
  {
    folder: 'pytest',
    name: 'pytest -n 2, 100 tests of 0.05 s',
    aim: '<= 1.05',
    rounds: 7,
    lacking: () => (has(python, '-c', 'import pytest, xdist, portpicker') ? undefined : 'pytest, xdist or portpicker'),
    prepare: () => [python, '-m', 'pytest', '-q', '-n', '2', '-p', 'no:cacheprovider', 'test_ports.py'],
  },
  {
    folder: 'go',
    name: 'go test after a change, 32 tests',
    aim: '<= 1.1',
    rounds: 7,
    lacking: () => (has('go', 'version') ? undefined : 'go'),
    prepare: () => ['go', 'test', '-count=1', './...'],
    change: (folder) =>
      writeFileSync(join(folder, 'changed_test.go'), `package ports\n\nconst changed = ${performance.now()}\n`),
  },
  {
    folder: 'ctest',
    name: 'ctest -j 2, 16 tests of 0.1 s',
    aim: '<= 1.2',
    rounds: 7,
    lacking: () =>
      has('cmake', '--version') && has('make', '--version') && has('gcc', '--version')
        ? undefined
        : 'cmake, make or gcc',
    prepare: (folder) => {
      quietly(folder, 'cmake', '-S', '.', '-B', 'build');
      quietly(folder, 'cmake', '--build', 'build');
      return ['ctest', '--test-dir', 'build', '-j', '2'];
    },
  },
];

async function run(cwd: string, [file, ...words]: string[]): Promise<void> {
  const [code] = await once(spawn(file!, words, { cwd, env: environment(), stdio: 'ignore' }), 'exit');
  if (code !== 0) throw new Error(`${file} ${words.join(' ')} ended with ${code}.`);
}

export const suiteCases: Case[] = suites.map(({ folder: of, name: suite, aim, rounds, lacking, prepare, change }) => {
  const name = `exec -- ${suite}`;
  return {
    name,
    async run() {
      const missing = lacking();
      if (missing !== undefined) return skipped(name, `no ${missing}`);
      const folder = join(environment().PORT_RESERVATION_HOME!, `suite-${of}`);
      cpSync(fileURLToPath(new URL(`../../bench/cases/suites/${of}`, import.meta.url)), folder, { recursive: true });
      const words = prepare(folder);
      const timed = (...around: string[]) => {
        change?.(folder);
        return run(folder, [...around, ...words]);
      };
      const measured = await paired(
        rounds,
        () => timed(process.execPath, program, 'exec', '--'),
        () => timed(),
      );
      return [{ name, ...measured, floor: 'the same without exec', aim }];
    },
  };
});
