// The extension of Visual Studio Code, bundled and packaged: nothing is installed with it, and nothing of the documentation.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createVSIX } from '@vscode/vsce';
import { bundle, commonJs } from './bundle.mjs';
import { notices } from './notices.mjs';
import { sourceDate } from './source-date.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'editors', 'vscode');

const files = ['extension.cjs', 'README.md', 'LICENSE', 'THIRD-PARTY-NOTICES'];

/** Makes portreservation-vscode-<version>.vsix in the folder, and returns its path. */
export async function makeExtension(folder) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const staged = join(folder, 'vscode-extension');
  mkdirSync(staged, { recursive: true });
  try {
    const entry = join('editors', 'vscode', 'src', 'extension.ts');
    const options = { ...commonJs('__filename'), external: ['vscode', 'koffi'], alias: {} };
    const { metafile } = await bundle(entry, join(staged, 'extension.cjs'), '', options);
    const { private: _, ...manifest } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
    writeFileSync(join(staged, 'package.json'), `${JSON.stringify({ ...manifest, version, files }, null, 2)}\n`);
    cpSync(join(source, 'README.md'), join(staged, 'README.md'));
    cpSync(join(root, 'LICENSE'), join(staged, 'LICENSE'));
    writeFileSync(join(staged, 'THIRD-PARTY-NOTICES'), notices([metafile], []));
    const packagePath = join(folder, `portreservation-vscode-${version}.vsix`);
    // The archive is the same bytes whenever it is made.
    process.env.SOURCE_DATE_EPOCH = `${sourceDate().getTime() / 1000}`;
    // What is staged is all there is: no dependencies, no repository to link to.
    await createVSIX({
      cwd: staged,
      packagePath,
      dependencies: false,
      allowMissingRepository: true,
      skipLicense: true,
    });
    return packagePath;
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
}
