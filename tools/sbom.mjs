// What ships inside the bundles, as a CycloneDX bill of materials: npm sees no dependencies, since all are bundled.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const generator = join(root, 'node_modules/@cyclonedx/cyclonedx-esbuild/bin/cyclonedx-esbuild-cli.js');

/** koffi is replaced in the bundles by its native file, which ships beside them. */
const native = 'node_modules/koffi/index.js';

/** Writes the components of all these bundles to the file; the same bundles always give the same text. */
export function writeSbom(metafiles, file) {
  const ours = ([name]) => !name.startsWith('builtin:'); // stands for a module of Node itself
  const own = metafiles.map(({ inputs, outputs }) =>
    JSON.parse(
      JSON.stringify({ inputs, outputs: Object.values(outputs) }, (key, value) =>
        key === 'inputs' ? Object.fromEntries(Object.entries(value).filter(ours)) : value,
      ),
    ),
  );
  const inputs = Object.assign({ [native]: { bytes: 0, imports: [] } }, ...own.map((one) => one.inputs));
  const inOutput = { inputs: { [native]: { bytesInOutput: 0 } }, imports: [], exports: [], bytes: 0 };
  const outputs = { ...[inOutput, ...own.flatMap((one) => one.outputs)] };
  const metafile = `${file}.metafile`;
  writeFileSync(metafile, JSON.stringify({ inputs, outputs }));
  const options = ['--output-reproducible', '--build-working-dir', root, '--output-file', file];
  execFileSync(process.execPath, [generator, ...options, metafile], { cwd: root, stdio: 'pipe' });
  rmSync(metafile);
}
