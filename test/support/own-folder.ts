import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder for the tests of the block that calls this, gone with them. */
export function ownFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'port-reservation-')));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
