// What the npm package is made from: the files it has, and a manifest without what is for the checkout alone.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** npm packs these without being told. */
const always = ['README.md', 'LICENSE'];

/** Fills the folder. */
export function fillNpmFolder(folder) {
  const { scripts, devDependencies, ...manifest } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const plain = manifest.files.filter((file) => !file.startsWith('!')).map((file) => file.split('/*')[0]);
  for (const file of [...always, ...plain]) cpSync(join(root, file), join(folder, file), { recursive: true });
}
