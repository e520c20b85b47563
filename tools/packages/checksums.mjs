// SHA256SUMS of a folder's files, as `sha256sum --check` reads them.
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const hash = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** Writes it into the folder; folders in it are left out. */
export function writeChecksums(folder) {
  const files = readdirSync(folder)
    .filter((name) => lstatSync(join(folder, name)).isFile())
    .sort();
  writeFileSync(join(folder, 'SHA256SUMS'), files.map((name) => `${hash(join(folder, name))}  ${name}\n`).join(''));
}
