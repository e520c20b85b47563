import { describe, expect, test } from 'vitest';
import { noPackages, packageFile, packagesTitle, run, version } from './installation.ts';

const listing = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    print("\\n".join(sorted(archive.namelist())))
    print(archive.read("extension/package.json").decode())
`;

describe.skipIf(noPackages)(packagesTitle('the extension of Visual Studio Code'), () => {
  test('is small, and has nothing but itself', async () => {
    const output = await run('python3', ['-c', listing, packageFile('.vsix')], { cwd: '/' });
    const start = output.indexOf('{');
    expect(output.slice(0, start).trim().split('\n')).toEqual([
      '[Content_Types].xml',
      'extension.vsixmanifest',
      'extension/LICENSE.txt',
      'extension/THIRD-PARTY-NOTICES',
      'extension/extension.cjs',
      'extension/package.json',
      'extension/readme.md',
    ]);
    const manifest = JSON.parse(output.slice(start));
    expect(manifest).toMatchObject({ name: 'portreservation', version, main: './extension.cjs' });
    expect(manifest).not.toHaveProperty('dependencies');
  });
});
