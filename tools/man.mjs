// The manual: a page for each command, made from the command line's own words.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';
import { sourceDate } from './source-date.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Writes the pages into the folder. */
export async function writeManual(folder) {
  const script = join(root, 'build', `man-${process.pid}.mjs`);
  await bundle('src/cli/man/main.ts', script, './koffi');
  try {
    execFileSync(process.execPath, [script, folder, sourceDate().toISOString().slice(0, 10)], { stdio: 'inherit' });
  } finally {
    rmSync(script);
  }
}
