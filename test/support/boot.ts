import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const program = join(import.meta.dirname, '../kernel/systemd/boot.sh');

/** Why no systemd can be booted here, or nothing. */
export const noSystemd =
  process.getuid?.() !== 0 ? 'needs root' : existsSync('/lib/systemd/systemd') ? undefined : 'needs systemd';

/**
 * Boots a real systemd once for each script, with the files of the folder over this machine's root.
 * @param root another one than this machine's
 * @returns what each script said, each line as `what: result`
 */
export function boot(folder: string, scripts: readonly string[], root = '/'): Record<string, string>[] {
  const text = execFileSync('bash', [program, folder, ...scripts], {
    encoding: 'utf8',
    env: { ...process.env, BOOT_ROOT: root },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return text.split('--\n').map((part) =>
    Object.fromEntries(
      part
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split(': ', 2)),
    ),
  );
}
