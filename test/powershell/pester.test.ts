import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { onPath } from '../../tools/on-path.mjs';
import { pesterManifest } from '../../tools/pester.mjs';
import { powershellCommand, scriptEnvironment } from '../../tools/powershell.mjs';
import { noNamespaces } from '../support/namespace.ts';

interface Result {
  file: string;
  name: string;
  result: 'Passed' | 'Failed' | 'Skipped' | 'Inconclusive';
  message: string;
}

/** The suite in powershell/Tests, in a network of its own where this user may have one. */
function runSuite(): Result[] {
  const folder = mkdtempSync(join(tmpdir(), 'port-reservation-pester-'));
  const results = join(folder, 'results.json');
  const script = join(import.meta.dirname, '../../powershell/Tests/Invoke-Tests.ps1');
  const command = [...powershellCommand(), '-File', script, '-PesterPath', pesterManifest(), '-ResultPath', results];
  const inside = ['sh', '-c', 'ip link set lo up && mount -t tmpfs tmpfs /etc/sysctl.d && exec "$@"', 'sh'];
  const [program, ...args] = noNamespaces ? command : ['unshare', '-nm', ...inside, ...command];
  // One that cannot have a network of its own must not change that of the machine.
  const env = { ...process.env, ...scriptEnvironment, COLUMNS: '110', ...(noNamespaces && { PESTER_UNELEVATED: '1' }) };
  try {
    const { stdout, stderr, error } = spawnSync(program!, args, { env, encoding: 'utf8', timeout: 600_000 });
    if (error) throw error;
    try {
      return JSON.parse(readFileSync(results, 'utf8')) as Result[];
    } catch (cause) {
      throw new Error(`Pester gave no results.\n${stdout}${stderr}`, { cause });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const cannot = onPath('dotnet') ? '' : ' (skipped: Pester comes by the .NET SDK)';

describe.skipIf(cannot)(`the cmdlets in Pester${cannot}`, () => {
  const results = cannot ? [] : runSuite();
  const files = [...new Set(results.map(({ file }) => file))];

  it('ran', () => expect(results.length).toBeGreaterThan(50));

  describe.each(files)('%s', (file) => {
    for (const { name, result, message } of results.filter((one) => one.file === file)) {
      it.skipIf(result === 'Skipped')(name, () => {
        if (result !== 'Passed') throw new Error(`${result}: ${message}`);
      });
    }
  });

  it.skipIf(noNamespaces)(
    `those that change the system's ports${noNamespaces ? ` (skipped: ${noNamespaces})` : ''}`,
    () => {
      expect(results.filter(({ file }) => file === 'Exclusion.Tests.ps1')).not.toEqual([]);
    },
  );
});
