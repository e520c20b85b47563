import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { afterAll } from 'vitest';

/**
 * A TypeScript program for Node to run in a process of its own: bundled on first use, in the project, so that it finds
 * its packages there. Gone after the test file.
 */
export function bundledProgram(source: string): () => Promise<string> {
  const name = `${basename(source, '.ts')}-${process.pid}-${Date.now()}.mjs`;
  const outfile = join(import.meta.dirname, '../../build/test', name);
  let bundled: Promise<string> | undefined;
  afterAll(() => rmSync(outfile, { force: true }));
  return () => {
    bundled ??= build({
      entryPoints: [source],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      logLevel: 'error',
    }).then(() => outfile);
    return bundled;
  };
}
