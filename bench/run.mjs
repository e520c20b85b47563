// Bundles the benchmarks (Node 20 does not run TypeScript) and runs them. `npm run bench -- start`: only names with "start".
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const outfile = path('../build/bench/main.mjs');
await build({
  entryPoints: [path('main.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // The tools find their own files; from build/bench they are where they are from bench/cases.
  external: ['koffi', '../../tools/powershell.mjs'],
  banner: {
    js: "import { createRequire as requireOf } from 'node:module';const require = requireOf(import.meta.url);",
  },
});
const { status } = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
