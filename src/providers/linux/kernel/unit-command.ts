import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Host } from '../../../host.ts';
import { ServiceError } from '../../../protocol/errors.ts';

/**
 * The command line that units start, with absolute paths.
 * @throws ServiceError NotSupported where it is not installed
 */
export function unitCommand({ execPath, programFile, commandFile }: Host): string[] {
  if (programFile === execPath) return [execPath]; // a program of its own
  if (programFile !== undefined && basename(programFile).startsWith('portreservation')) {
    return [execPath, realpathSync(programFile)];
  }
  // A worker and the DSC resources lie in the same folder.
  const beside = programFile && join(dirname(realpathSync(programFile)), 'portreservation.mjs');
  const file = [beside, commandFile()].find((one) => one && existsSync(one));
  if (file) return [execPath, file];
  throw new ServiceError('NotSupported', 'The command line that restores reservations at boot is not installed here.', {
    ...(beside && { target: beside }),
    hint: 'Install the whole package of PortReservation.',
  });
}
