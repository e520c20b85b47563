// Builds dist/: the PowerShell module with the bundled worker inside, and the library. `--generate`: the contract alone.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { generate } from './tools/generate.mjs';

const root = dirname(fileURLToPath(import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** Built aside and swapped in at the end, so that a failed build leaves the last good one. */
const dist = join(root, `build/dist-${process.pid}`);
const moduleFolder = join(dist, 'PortReservation');
const workerFolder = join(moduleFolder, 'worker');

/** Bundles one entry; koffi is replaced by a loader of the native file in `koffiFolder`, relative to the bundle. */
function bundle(entry, outfile, koffiFolder, options = {}) {
  return build({
    entryPoints: [join(root, entry)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    alias: { koffi: join(root, 'src/native/koffi-beside.ts') },
    define: { KOFFI_FOLDER: JSON.stringify(koffiFolder) },
    // vscode-jsonrpc is CommonJS and asks for node's own modules by require.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module';const require = requireOf(import.meta.url);",
    },
    legalComments: 'none',
    ...options,
  });
}

/** koffi's native files for every platform that is installed, as <platform>-<arch>/koffi.node. */
function copyKoffi() {
  const packages = join(dirname(fileURLToPath(import.meta.resolve('koffi'))), '..', '@koromix');
  for (const name of readdirSync(packages)) {
    const target = join(workerFolder, 'koffi', name.replace('koffi-', ''));
    mkdirSync(target, { recursive: true });
    for (const build of readdirSync(join(packages, name))) {
      const native = join(packages, name, build, 'koffi.node');
      if (existsSync(native)) cpSync(native, join(target, build.startsWith('musl') ? 'koffi-musl.node' : 'koffi.node'));
    }
  }
}

function copyModule() {
  cpSync(join(root, 'powershell/PortReservation'), moduleFolder, { recursive: true });
  cpSync(join(root, 'build/generated/Contract.ps1'), join(moduleFolder, 'Private/Contract.ps1'));
  cpSync(join(root, 'LICENSE'), join(moduleFolder, 'LICENSE'));
  const manifest = join(moduleFolder, 'PortReservation.psd1');
  const text = readFileSync(manifest, 'utf8');
  writeFileSync(manifest, text.replace(/(ModuleVersion\s*=\s*)'[^']*'/, `$1'${version}'`));
}

await generate(version);
if (!process.argv.includes('--generate')) {
  copyModule();
  copyKoffi();
  await bundle('src/main.ts', join(workerFolder, 'worker.mjs'), './koffi', { minify: true });
  await bundle('src/index.ts', join(dist, 'lib/index.js'), '../PortReservation/worker/koffi');
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', join(dist, 'lib/types')], {
    cwd: root,
    stdio: 'inherit',
  });
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  renameSync(dist, join(root, 'dist'));
}
