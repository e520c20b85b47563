import { execFile, spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { ownFolder } from '../support/own-folder.ts';
import { folders, ownEnvironment, server } from './support.ts';

const skipped = spawnSync('dotnet', ['--version']).status === 0 ? '' : ' (skipped: no dotnet on PATH)';

describe.skipIf(skipped)(`NuGet's ModelContextProtocol${skipped}`, () => {
  const folder = ownFolder();
  const output = join(folder, 'program');

  beforeAll(async () => {
    // A copy, so that two checkouts, or two runs, do not build in one folder.
    const source = join(folder, 'source');
    for (const name of ['McpClientProgram.csproj', 'Program.cs', 'packages.lock.json']) {
      cpSync(join(import.meta.dirname, 'dotnet', name), join(source, name));
    }
    const words = [
      'build',
      '-c',
      'Release',
      '-o',
      output,
      '-v',
      'quiet',
      '-p:RestoreLockedMode=true',
      '-nodeReuse:false',
    ];
    await promisify(execFile)('dotnet', words, { cwd: source }).catch((error) => {
      throw new Error(`${error.message}${error.stdout}`);
    });
  });

  test.each(['', '2025-11-25', '2026-07-28'])('speaks version "%s" with it', async (version) => {
    const [shop] = folders('shop') as [string];
    const words = [join(output, 'McpClientProgram.dll'), shop, version, server.command, ...server.args];
    const { stdout } = await promisify(execFile)('dotnet', words, { env: ownEnvironment() });
    const seen = JSON.parse(stdout);
    expect(seen).toMatchObject({
      version: version || expect.stringMatching(/^2026-07-28|2025-11-25$/),
      server: 'portreservation',
      tools: ['reserve_ports', 'explain_ports', 'find_free_ports', 'list_reservations', 'release_ports'],
      reserved: { state: 'reserved', ports: [expect.any(Number)] },
      wrong: { isError: true, text: expect.stringMatching(/^Invalid arguments: folder must be an absolute path/) },
      map: '<svg ',
    });
  });
});
