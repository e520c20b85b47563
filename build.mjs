// Builds dist/: the PowerShell module with the bundled worker inside, and the library. `--generate`: the contract alone.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle, bundleInParts, commonJs } from './tools/bundle.mjs';
import { standaloneSchema } from './tools/contract.mjs';
import { copyDeclarations } from './tools/declarations.mjs';
import { writeManifests } from './tools/dsc.mjs';
import { generate } from './tools/generate.mjs';
import { copyInstalled } from './tools/koffi.mjs';
import { bundleLibrary, entries } from './tools/library.mjs';
import { writeManual } from './tools/man.mjs';
import { notices } from './tools/notices.mjs';
import { publishedSchema } from './tools/published.mjs';
import { releaseNotes } from './tools/release-notes.mjs';
import { writeSbom } from './tools/sbom.mjs';

const root = dirname(fileURLToPath(import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** Built aside and swapped in at the end, so that a failed build leaves the last good one. */
const dist = join(root, `build/dist-${process.pid}`);
const moduleFolder = join(dist, 'PortReservation');
const workerFolder = join(moduleFolder, 'worker');

/** The library's declarations, without those of its inside, in the folder given back. */
function declare() {
  const all = `${dist}-types-all`;
  const types = `${dist}-types`;
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', all];
  execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  for (const entry of Object.values(entries)) {
    copyDeclarations(all, types, entry.replace(/^src\//, '').replace(/\.ts$/, '.d.ts'));
  }
  rmSync(all, { recursive: true });
  return types;
}

function copyModule() {
  cpSync(join(root, 'powershell/PortReservation'), moduleFolder, { recursive: true });
  cpSync(join(root, 'build/generated/Contract.ps1'), join(moduleFolder, 'Private/Contract.ps1'));
  cpSync(join(root, 'LICENSE'), join(moduleFolder, 'LICENSE'));
  const schemas = join(moduleFolder, 'schemas');
  mkdirSync(schemas);
  const schema = `${JSON.stringify(standaloneSchema('DesiredState'), null, 2)}\n`;
  writeFileSync(join(schemas, 'desired-state.schema.json'), schema);
  const protocol = `${JSON.stringify(publishedSchema(contract), null, 2)}\n`;
  writeFileSync(join(schemas, 'protocol.schema.json'), protocol);
  const manifest = join(moduleFolder, 'PortReservation.psd1');
  const text = readFileSync(manifest, 'utf8');
  const notes = releaseNotes(version).replaceAll("'", "''");
  const filled = text
    .replace(/(ModuleVersion\s*=\s*)'[^']*'/, (_, key) => `${key}'${version}'`)
    .replace(/(ReleaseNotes\s*=\s*)'[^']*'/, (_, key) => `${key}'${notes}'`);
  writeFileSync(manifest, filled);
}

/** What nearly every way through the programs needs. */
const service = ['src/open-service.ts', 'src/providers/linux/provider.ts'];

const { contract, metafiles: validators } = await generate(version);
if (!process.argv.includes('--generate')) {
  copyModule();
  writeManifests(contract, moduleFolder, join(dist, 'dsc-3.1'));
  copyInstalled(join(workerFolder, 'koffi'));
  const worker = await bundleInParts('src/main.ts', workerFolder, 'worker', {
    core: ['src/run-worker.ts', ...service],
  });
  const commandLine = await bundleInParts('src/cli/main.ts', workerFolder, 'portreservation', {
    contract: ['src/protocol/generated/contract.ts'], // all that --version needs
    core: ['src/cli/program.ts', 'src/protocol/check.ts', ...service],
  });
  const dsc = await bundle('src/dsc/main.ts', join(workerFolder, 'dsc.cjs'), './koffi', commonJs('__filename'));
  const library = await bundleLibrary(join(dist, 'lib'), declare());
  const metafiles = [...validators, worker, commandLine, dsc.metafile, ...library];
  for (const folder of [dist, moduleFolder]) writeFileSync(join(folder, 'THIRD-PARTY-NOTICES'), notices(metafiles));
  await writeManual(join(dist, 'man'));
  writeSbom(metafiles, join(moduleFolder, 'sbom.cdx.json'));
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  renameSync(dist, join(root, 'dist'));
}
