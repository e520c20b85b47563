// How the worker and the library are bundled.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Bundles one entry; koffi is replaced by a loader of the native file in `koffiFolder`, relative to the bundle. */
export function bundle(entry, outfile, koffiFolder, options = {}) {
  return build({
    entryPoints: [join(root, entry)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    alias: { koffi: join(root, 'src/native/koffi-beside.ts') },
    // vscode-jsonrpc is CommonJS and asks for node's own modules by require.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module';const require = requireOf(import.meta.url);",
    },
    legalComments: 'none', // THIRD-PARTY-NOTICES has them
    metafile: true,
    absWorkingDir: root,
    ...options,
    define: { KOFFI_FOLDER: JSON.stringify(koffiFolder), ...options.define },
  });
}

/** The text of a module as one file without imports, and what it was made of. */
export async function bundledText(contents) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
  return { code: outputFiles[0].text, metafile };
}

/**
 * Options for a bundle in CommonJS, which starts sooner than a module. It has no URL of its own.
 * @param file the expression of the file beside which koffi's folder is
 */
export const commonJs = (file) => ({
  format: 'cjs',
  minify: true,
  define: { 'import.meta.url': 'programUrl' },
  banner: { js: `const programUrl = require('node:url').pathToFileURL(${file}).href;` },
});

/**
 * Bundles a program that loads its parts, in a folder of its name, only when it needs them. The entry itself loads none
 * before it runs, so that it can say what is missing; esbuild would have it evaluate parts early that others need.
 */
export async function bundleInParts(entry, folder, name) {
  const built = await bundle(entry, undefined, '../koffi', {
    entryPoints: { [name]: join(root, entry) },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    chunkNames: `${name}/[name]-[hash]`,
    splitting: true,
    minify: true,
  });
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/\bimport"\.\/[^"]+";/g, ''));
  return built;
}
