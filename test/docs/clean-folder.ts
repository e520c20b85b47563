import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { portreservation } from '../cli/support.ts';

/** What a newcomer has: an empty folder that is also the home, and the program on PATH. */
export interface CleanFolder {
  path: string;
  env: NodeJS.ProcessEnv;
}

/** Programs of others, which only say how they were called. */
const standIns = ['npm', 'npx', 'docker', 'pytest'];

/** Makes one, gone with the test. @param program what `portreservation` on PATH is */
export function cleanFolder({
  program = portreservation,
  calls = standIns,
}: {
  program?: string;
  calls?: string[];
} = {}): CleanFolder {
  const path = mkdtempSync(join(tmpdir(), 'port-reservation-clean-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  const bin = join(path, '.bin');
  mkdirSync(bin);
  script(
    join(bin, 'portreservation'),
    `exec ${program.endsWith('.mjs') ? `"${process.execPath}" ` : ''}"${program}" "$@"`,
  );
  script(join(bin, 'sudo'), 'exec "$@"');
  for (const name of calls) script(join(bin, name), `echo "${name} $*"`);
  return {
    path,
    env: {
      PATH: [bin, dirname(process.execPath), process.env.PATH].join(delimiter),
      HOME: path,
      PORT_RESERVATION_HOME: join(path, '.record'),
      LANG: 'C.UTF-8',
    },
  };
}

function script(file: string, line: string): void {
  writeFileSync(file, `#!/bin/sh\n${line}\n`);
  chmodSync(file, 0o755);
}
