import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { moduleInPackages, noPackages, packagesTitle, version } from './installation.ts';

interface Component {
  name: string;
  version: string;
  licenses: { license: { id: string } }[];
}

/** What the header of a native file says it is for. */
function target(file: string): string {
  const bytes = readFileSync(file);
  const magic = bytes.readUInt32BE(0);
  if (magic === 0x7f454c46) return `linux-${{ 62: 'x64', 183: 'arm64' }[bytes.readUInt16LE(18)]}`;
  if (magic === 0xcffaedfe) return `darwin-${{ 16777223: 'x64', 16777228: 'arm64' }[bytes.readUInt32LE(4)]}`;
  const header = bytes.readUInt32LE(0x3c);
  if (bytes.toString('latin1', header, header + 4) !== 'PE\0\0') return 'unknown';
  return `win32-${{ 34404: 'x64', 43620: 'arm64' }[bytes.readUInt16LE(header + 4)]}`;
}

describe.skipIf(noPackages)(packagesTitle('koffi in the packages'), () => {
  const folder = join(moduleInPackages, 'worker', 'koffi');

  test('is there for every platform', () => {
    const found = noPackages ? [] : readdirSync(folder, { recursive: true, encoding: 'utf8' });
    expect(
      found
        .filter((name) => name.endsWith('.node'))
        .map((name) => name.replaceAll('\\', '/'))
        .sort(),
    ).toEqual([
      'darwin-arm64/koffi.node',
      'darwin-x64/koffi.node',
      'linux-arm64/koffi-musl.node',
      'linux-arm64/koffi.node',
      'linux-x64/koffi-musl.node',
      'linux-x64/koffi.node',
      'win32-arm64/koffi.node',
      'win32-x64/koffi.node',
    ]);
    for (const name of found.filter((name) => name.endsWith('.node')))
      expect(`${target(join(folder, name))}: ${name}`).toMatch(/^(\S+): \1[\\/]/);
  });

  test('and what is bundled stands in the bill of materials, with its version', () => {
    const { bomFormat, metadata, components } = JSON.parse(
      readFileSync(join(moduleInPackages, 'sbom.cdx.json'), 'utf8'),
    );
    expect([bomFormat, metadata.component.name, metadata.component.version]).toEqual([
      'CycloneDX',
      'portreservation',
      version,
    ]);
    const notices = readFileSync(join(moduleInPackages, 'THIRD-PARTY-NOTICES'), 'utf8');
    const noticed = [...notices.matchAll(/^-{80}\n\n(\S+ [0-9.]+)$/gm)].map(([, one]) => one);
    expect(components.map((one: Component) => `${one.name} ${one.version}`).sort()).toEqual(noticed.sort());
    for (const { licenses } of components as Component[]) expect(licenses[0]!.license.id).toMatch(/^(MIT|ISC)$/);
  });

  test('and what is bundled comes with its licence', () => {
    const notices = readFileSync(join(moduleInPackages, 'THIRD-PARTY-NOTICES'), 'utf8');
    for (const name of ['ajv', 'ajv-formats', 'koffi', 'node-addon-api', 'vscode-jsonrpc'])
      expect(notices).toMatch(new RegExp(`^-{80}\\n\\n${name}( [0-9.]+)?\\n\\n[^]*?Copyright`, 'm'));
  });
});
