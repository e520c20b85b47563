import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { workerProgram } from '../../tools/worker-program.mjs';
import { emptyFolder, noProgram, programTitle } from './installation.ts';

const root = join(import.meta.dirname, '../..');

describe.skipIf(noProgram)(programTitle('the worker program'), () => {
  test('is the same bytes when it is made again elsewhere, and holds no path of where it was made', async () => {
    const made = await Promise.all([1, 2].map(() => workerProgram(emptyFolder(onTestFinished))));
    const programs = made.map((folder) => {
      const name = readdirSync(folder).find((file) => /^port-reservation-worker/.test(file))!;
      return readFileSync(join(folder, name));
    });
    expect(programs[0]!.equals(programs[1]!)).toBe(true);
    for (const path of [root, ...made.map(dirname)]) expect(programs[0]!.includes(path)).toBe(false);
  });
});
