import { copyFileSync, cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A prefix of its own with the same programs. Wine opens all sockets of a prefix in one process, so those of a test in a network
 * of its own have to be of another prefix than those of the tests beside it.
 */
export function prefixApart(prefix: string, folder: string): string {
  const apart = join(folder, 'prefix');
  mkdirSync(apart);
  // Without its mark of time, Wine makes the prefix up to date first.
  const files = readdirSync(prefix).filter((name) => name.endsWith('.reg') || name === '.update-timestamp');
  for (const name of files) copyFileSync(join(prefix, name), join(apart, name));
  cpSync(join(prefix, 'dosdevices'), join(apart, 'dosdevices'), { recursive: true, verbatimSymlinks: true });
  symlinkSync(join(prefix, 'drive_c'), join(apart, 'drive_c'));
  return apart;
}
