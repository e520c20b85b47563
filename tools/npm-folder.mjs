// What the npm package is made from: the files it has, and a manifest without what is for the checkout alone.
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** npm packs these without being told; the README is one for who has the package and no checkout. */
const always = { 'README.md': 'README.npm.md', LICENSE: 'LICENSE' };

/** npm packs modes as they are: these are the same whatever the builder's umask. */
function settleModes(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    const path = join(folder, name);
    const { mode } = statSync(path);
    chmodSync(path, mode & 0o100 ? 0o755 : 0o644);
  }
}

/** Fills the folder. @param copy how one file or folder gets there */
export function fillNpmFolder(folder, copy = (from, to) => cpSync(from, to, { recursive: true })) {
  const { scripts, devDependencies, ...manifest } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const plain = manifest.files.filter((file) => !file.startsWith('!')).map((file) => file.split('/*')[0]);
  for (const file of plain) copy(join(root, file), join(folder, file));
  for (const [file, from] of Object.entries(always)) copy(join(root, from), join(folder, file));
  settleModes(folder);
}
