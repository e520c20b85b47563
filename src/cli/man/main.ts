// Run when the product is built: writes the manual into a folder. `node man.mjs FOLDER YYYY-MM-DD`
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageVersion } from '../../protocol/generated/contract.ts';
import { manualPages } from './pages.ts';

const [folder = '.', date = ''] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const [name, text] of manualPages({ version: packageVersion, date })) {
  writeFileSync(join(folder, `${name}.1`), text);
}
