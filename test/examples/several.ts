import { spawnSync } from 'node:child_process';
import { test } from 'vitest';

/** Whether the program succeeds with the words. */
export const answers = (program: string, words: readonly string[]) => spawnSync(program, words).status === 0;

/** The Python that has these modules; undefined where none does. */
export const pythonWith = (...modules: string[]): string | undefined =>
  ['python3', '/usr/bin/python3'].find((program) => answers(program, ['-c', `import ${modules.join(', ')}`]));

/** What an example needs, and whether the machine of CI has it. */
export interface Needs {
  /** Programs with words they succeed with, or whether it is there. */
  isHere: boolean | [program: string, ...words: string[]][];
  isInCi: boolean;
  /** What is missing, for the title of the test. */
  called: string;
}

/** Milliseconds: compilers, and what they fetch at their first start. */
const forCompilers = 240_000;

/** A test of an example in one of many languages: where that is missing it is skipped, but in CI only of what CI does not have. */
export function exampleTest(title: string, { isHere, isInCi, called }: Needs, work: () => Promise<void>): void {
  const has = typeof isHere === 'boolean' ? isHere : isHere.every(([program, ...words]) => answers(program, words));
  if (process.platform !== 'linux' || (!has && !isInCi && process.env.CI === 'true')) return;
  const skipped = has ? '' : ` (skipped: no ${called})`;
  test.skipIf(skipped)(`${title}${skipped}`, work, forCompilers);
}
