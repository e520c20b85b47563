// How the library is bundled: as modules in parts, and once more in CommonJS.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What can be imported: `portreservation`, and `portreservation/<name>` of each but the first. */
export const entries = {
  index: 'src/index.ts',
  'get-port': 'src/library/drop-in.ts',
  vitest: 'src/library/runners/vitest.ts',
  jest: 'src/library/runners/jest.ts',
  playwright: 'src/library/runners/playwright.ts',
};

/**
 * Packages in CommonJS ask for Node's own modules by `require`, which a module does not have. Imported instead, they are
 * found also where the library is bundled once more.
 */
const importBuiltins = {
  name: 'import-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '');
      return kind === 'require-call' && builtinModules.includes(name)
        ? { path: name, namespace: 'builtin' }
        : undefined;
    });
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `export * from 'node:${path}'; export { default } from 'node:${path}';`,
    }));
  },
};

/** There are no parts in CommonJS: the other entries take what they share from the first, beside them. */
const shareIndex = {
  name: 'share-index',
  setup({ onResolve }) {
    onResolve({ filter: /\/(index|get-port|port-numbers)\.ts$/ }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path: './index.js', external: true },
    );
  },
};

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  alias: { koffi: join(root, 'src/native/koffi-of-package.ts') },
  define: { IS_BUILT_LIBRARY: 'true' },
  // Names stay, for the traces of errors.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none', // THIRD-PARTY-NOTICES has them
  metafile: true,
  absWorkingDir: root,
};

/** Bundles it into `folder`; its declarations are in `types`. Gives the metafiles. */
export async function bundleLibrary(folder, types) {
  const modules = await build({
    ...common,
    entryPoints: entries,
    outdir: folder,
    format: 'esm',
    splitting: true,
    chunkNames: 'parts/[name]-[hash]',
    plugins: [importBuiltins],
  });
  const cjs = join(folder, 'cjs');
  const { index, ...others } = entries;
  // Other tools read the names of the exports from the text that is left as it is.
  const plain = { minifySyntax: false, minifyWhitespace: false };
  const commonJs = {
    ...common,
    ...plain,
    outdir: cjs,
    format: 'cjs',
    define: { ...common.define, 'import.meta.url': 'undefined' },
  };
  const inCommonJs = [
    await build({ ...commonJs, entryPoints: { index } }),
    await build({ ...commonJs, entryPoints: others, plugins: [shareIndex] }),
  ];
  mkdirSync(cjs, { recursive: true });
  writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');
  // The same declarations: what they are of is told by the package.json above them.
  for (const target of [folder, cjs]) cpSync(types, join(target, 'types'), { recursive: true });
  rmSync(types, { recursive: true });
  return [modules, ...inCommonJs].map(({ metafile }) => metafile);
}
