// The single program as it is in a release: by itself, and in a module that needs no Node.
import { chmodSync, cpSync, linkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programName } from '../single-program.mjs';

const notices = fileURLToPath(new URL('../../dist/THIRD-PARTY-NOTICES', import.meta.url));

/** Puts it into the folder, under a name that says what it is for; and the module with it into a folder of that name. */
export function addProgram({ made, platform, folder, module }) {
  const file = join(folder, programName(platform).replace('portreservation', `portreservation-${platform}`));
  cpSync(join(made, programName(platform)), file);
  cpSync(join(made, 'NODE-LICENSE.txt'), join(folder, 'NODE-LICENSE.txt'));
  cpSync(notices, join(folder, 'THIRD-PARTY-NOTICES'));
  if (!module) return;
  const whole = join(folder, platform, 'PortReservation');
  cpSync(module, whole, { recursive: true });
  const bin = join(whole, 'bin');
  mkdirSync(bin);
  linkSync(file, join(bin, programName(platform)));
  cpSync(join(made, 'NODE-LICENSE.txt'), join(bin, 'NODE-LICENSE.txt'));
  chmodSync(file, 0o755);
}
