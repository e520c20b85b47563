// Bundles the fuzz driver (Node 20 does not run TypeScript) and runs it.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const root = path('../../');
// Beside the tools that it reads the contract with.
const outfile = path('../../build/tools/fuzz.mjs');
await build({
  entryPoints: [path('main.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: ['*/tools/contract.mjs'],
});
const { status } = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit', cwd: root });
process.exitCode = status ?? 1;
