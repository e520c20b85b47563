// Bundles program.mjs with the library inside, in each way: `node build.mjs FOLDER` writes one program a way into it.
import { join } from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build as esbuild } from 'esbuild';
import { rollup } from 'rollup';
import { build as vite } from 'vite';
import webpack from 'webpack';

const [out] = process.argv.slice(2);
const entry = join(import.meta.dirname, 'program.mjs');

for (const [format, ending] of [
  ['esm', 'mjs'],
  ['cjs', 'cjs'],
]) {
  const outfile = join(out, `esbuild.${ending}`);
  await esbuild({ entryPoints: [entry], bundle: true, platform: 'node', logLevel: 'error', format, outfile });

  const bundle = await rollup({
    input: entry,
    external: /^node:/,
    plugins: [nodeResolve({ preferBuiltins: true })],
    onLog: (level, log) => level !== 'warn' || log.code === 'CIRCULAR_DEPENDENCY' || console.error(log.message),
  });
  await bundle.write({ file: join(out, `rollup.${ending}`), format, inlineDynamicImports: true });
}

await vite({
  configFile: false,
  logLevel: 'error',
  ssr: { noExternal: true },
  build: {
    ssr: entry,
    outDir: join(out, 'vite'),
    emptyOutDir: false,
    rollupOptions: { output: { entryFileNames: '[name].mjs' } },
  },
});

const stats = await new Promise((resolve, reject) => {
  const output = { path: join(out, 'webpack'), filename: 'program.cjs' };
  webpack({ mode: 'production', target: 'node20', entry, output, devtool: false }, (error, result) =>
    error ? reject(error) : resolve(result),
  );
});
if (stats.hasErrors()) throw new Error(stats.toString());
