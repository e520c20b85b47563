import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { errorCatalogue } from '../../src/protocol/generated/contract.ts';
import { installForOlder, installModule } from './support/installed.ts';
import {
  discoverIn,
  discoverInModules,
  type Manifest,
  manifestFaults,
  type OperationCommand,
} from './support/manifest.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const types = ['Exclusion', 'Reservation', 'ReservationList'].map((name) => `PortReservation/${name}`);

describe('the manifests', () => {
  test('are found in the module, and in the folder that DSC_RESOURCE_PATH names', () => {
    const { modules, module } = installModule(onTestFinished);
    expect([...discoverInModules([modules]).keys()].sort()).toEqual(types);
    expect([...discoverIn([module]).keys()].sort()).toEqual(types);
  });

  test('name commands that are there', () => {
    const { module } = installModule(onTestFinished);
    const newest = discoverIn([module]).values();
    const older = discoverIn([installForOlder(onTestFinished)], '3.1').values();
    for (const { manifest, directory } of [...newest, ...older]) {
      expect(manifest.version).toBe(version);
      for (const { executable, args } of Object.values(manifest).filter(isCommand)) {
        expect(executable).toBe('node');
        expect(existsSync(resolve(directory, args[0] as string))).toBe(true);
      }
    }
  });

  test('of the module load in 3.2 and 3.3 and not in 3.1, which has its own beside the module', () => {
    const { module } = installModule(onTestFinished);
    const older = installForOlder(onTestFinished);
    expect([...discoverIn([older], '3.1').keys()].sort()).toEqual(types);
    expect(discoverInModules([resolve(older, '../PortReservation')]).get(types[0]!)!.manifest.whatIf).toBeUndefined();
    for (const { manifest } of discoverIn([module]).values()) {
      expect(manifestFaults(manifest, '3.2')).toEqual([]);
      expect(manifestFaults(manifest, '3.1')).not.toEqual([]);
      expect(manifest).not.toHaveProperty('whatIf');
    }
  });

  test('have the reason behind each exit code, and the page the same codes', () => {
    const { module } = installModule(onTestFinished);
    const page = readFileSync(new URL('../../docs/dsc.md', import.meta.url), 'utf8');
    const [, table = ''] = page.split('## Failures');
    const told = [...table.matchAll(/^\| `(\d+)` \|/gm)].map(([, code]) => code);
    for (const { manifest } of discoverIn([module]).values()) {
      expect(told).toEqual(Object.keys(manifest.exitCodes));
      for (const [name, { code }] of Object.entries(errorCatalogue)) {
        expect(manifest.exitCodes[100 + code]).toMatch(`${name}: `);
        expect(table).toContain(`| \`${100 + code}\` | ${name} |`);
      }
    }
  });

  test('mark what cannot be set', () => {
    const { module } = installModule(onTestFinished);
    const { manifest } = discoverIn([module]).get('PortReservation/Reservation')!;
    const { properties } = manifest.schema.embedded as { properties: Record<string, { readOnly?: boolean }> };
    const readOnly = Object.keys(properties).filter((name) => properties[name]!.readOnly);
    expect(readOnly.sort()).toEqual(['createdAt', 'document', 'owner', 'provider']);
  });
});

describe('the rules they are checked by', () => {
  const breaches: [string, (manifest: Manifest) => void, string][] = [
    ['a key that the engine does not know', (it) => Object.assign(it, { condition: 'x' }), 'additional properties'],
    ['an argument that DSC 3.0 does not know', (it) => it.set!.args.push({ whatIfArg: '-w' } as never), 'exactly one'],
    ['a type without owner', (it) => Object.assign(it, { type: 'Reservation' }), 'pattern'],
    ['a what-if that returns nothing', (it) => delete it.whatIf!.return, "required property 'return'"],
    ['an export without input', (it) => delete it.export!.input, "required property 'input'"],
    ['_exist in words of its own', (it) => setProperty(it, '_exist', { type: 'boolean' }), 'equal to constant'],
    ['a test without _inDesiredState', (it) => setProperty(it, '_inDesiredState'), '_inDesiredState'],
  ];

  test.each(breaches)('refuse %s', (_what, breach, words) => {
    const older = installForOlder(onTestFinished);
    const { manifest } = discoverIn([older], '3.1').get('PortReservation/Reservation')!;
    breach(manifest);
    expect(manifestFaults(manifest, '3.1').join('; ')).toContain(words);
  });
});

const isCommand = (value: unknown): value is OperationCommand =>
  typeof value === 'object' && value !== null && 'executable' in value;

function setProperty({ schema }: Manifest, name: string, value?: unknown): void {
  const { properties } = schema.embedded as { properties: Record<string, unknown> };
  if (value === undefined) delete properties[name];
  else properties[name] = value;
}
