import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { findProgram } from '../../editors/vscode/src/program.ts';
import { folders } from '../mcp/support.ts';

const isWindows = process.platform === 'win32';

function make(file: string): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  return file;
}

function places() {
  const [modules, project, prefix] = folders('modules', 'project', 'prefix') as [string, string, string];
  const inPackage = 'node_modules/portreservation/dist/PortReservation/worker/portreservation.mjs';
  return {
    ofModule: (version: string) => join(modules, 'PortReservation', version, 'worker/portreservation.mjs'),
    ofProject: join(project, inPackage),
    ofPrefix: join(prefix, isWindows ? '' : 'lib', inPackage),
    prefix,
    found: (setting = '', trustedFolders = [project]) =>
      findProgram({
        setting,
        trustedFolders,
        env: { PSModulePath: modules, PATH: isWindows ? prefix : join(prefix, 'bin') },
      }),
  };
}

const byNode = (file: string) => ({ words: [process.execPath, file], env: { ELECTRON_RUN_AS_NODE: '1' } });

test('PortReservation is found in the module, in the folder, and on PATH, in this order', () => {
  const { ofModule, ofProject, ofPrefix, prefix, found } = places();
  expect(found()).toBeUndefined();
  make(ofPrefix);
  if (!isWindows) {
    mkdirSync(join(prefix, 'bin'));
    symlinkSync(ofPrefix, join(prefix, 'bin/portreservation'));
  }
  expect(found()).toEqual(byNode(ofPrefix));
  make(ofProject);
  expect(found()).toEqual(byNode(ofProject));
  make(ofModule(''));
  expect(found()).toEqual(byNode(ofModule('')));
  for (const version of ['0.9.0', '0.10.0']) make(ofModule(version));
  expect(found()).toEqual(byNode(ofModule('0.10.0')));
});

test('a folder that is not trusted gives no program', () => {
  const { ofProject, found } = places();
  make(ofProject);
  expect(found('', [])).toBeUndefined();
});

test('what the user has set goes before all', () => {
  const { ofModule, prefix, found } = places();
  make(ofModule(''));
  expect(found(make(join(prefix, 'mine.mjs')))).toEqual(byNode(join(prefix, 'mine.mjs')));
  expect(found(make(join(prefix, 'program')))).toEqual({ words: [join(prefix, 'program')], env: {} });
  expect(found('/nowhere/program')).toEqual({ words: ['/nowhere/program'], env: {} });
});
