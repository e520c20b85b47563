import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { version } from '../package/installation.ts';
import { inRoot } from '../package/roots/roots.ts';

const root = join(import.meta.dirname, '../..');
const packages = join(root, 'build/package');

const lacking = (() => {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return 'needs root on Linux';
  if (!existsSync(join(packages, `portreservation_${version}_amd64.deb`))) return 'npm run package made no deb here';
  if (spawnSync('/usr/bin/python3', ['-c', 'import apt']).status !== 0) return 'needs python3-apt';
  return spawnSync('ansible-playbook', ['--version']).status === 0 ? undefined : 'needs Ansible';
})();

test.skipIf(lacking)(`the role install installs the deb once${lacking ? ` (skipped: ${lacking})` : ''}`, () => {
  const folders = { '/packages': packages, '/collection': join(root, 'ansible') };
  expect(inRoot('/', join(import.meta.dirname, 'install-deb.sh'), folders)).toEqual({
    first: 'changed=2 unreachable=0 failed=0',
    second: 'changed=0 unreachable=0 failed=0',
    program: version,
  });
});
