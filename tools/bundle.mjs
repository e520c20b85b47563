// How the worker and the library are bundled.
import { chmodSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { rolldown } from 'rolldown';

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

/** The text of a module as one file without imports, and what it was made of. @param file where it will stand */
export async function bundledText(contents, file) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root, sourcefile: file },
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
 * before it runs, so that it can say what is missing. What most ways need is one part: every further file costs each start.
 *
 * @param parts modules that are one part with all they import, but for what an earlier part has
 */
export async function bundleInParts(entry, folder, name, parts) {
  const groups = Object.entries(parts).map(([part, files], index, { length }) => {
    const modules = new Set(files.map((file) => join(root, file)));
    return { name: part, test: (id) => modules.has(id), priority: length - index };
  });
  const built = await rolldown({
    input: { [name]: join(root, entry) },
    cwd: root,
    platform: 'node',
    resolve: { alias: { koffi: join(root, 'src/native/koffi-beside.ts') } },
    transform: { target: 'node20.19', define: { KOFFI_FOLDER: JSON.stringify('../koffi') } },
    // What is in the core is imported at once there, and when it is needed elsewhere.
    checks: { ineffectiveDynamicImport: false },
  });
  const { output } = await built.write({
    dir: folder,
    format: 'esm',
    minify: true,
    comments: { legal: false }, // THIRD-PARTY-NOTICES has them
    entryFileNames: '[name].mjs',
    chunkFileNames: `${name}/[name]-[hash].mjs`,
    codeSplitting: { groups },
  });
  await built.close();
  chmodSync(join(folder, `${name}.mjs`), 0o755); // it begins with #!
  return metafileOf(output);
}

/** What bundles of the other kind say of themselves. */
function metafileOf(chunks) {
  const outputs = {};
  const inputs = {};
  for (const { fileName, modules } of chunks) {
    // The bundler's own helpers have names that begin so.
    const ids = Object.keys(modules).filter((id) => !id.startsWith('\0'));
    const names = ids.map((id) => relative(root, id));
    for (const file of names) inputs[file] = { bytes: 0, imports: [] };
    const parts = Object.fromEntries(names.map((file) => [file, { bytesInOutput: 0 }]));
    outputs[fileName] = { inputs: parts, imports: [], exports: [], bytes: 0 };
  }
  return { inputs, outputs };
}
