import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const tried = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']);

/** Why strace cannot be used here; undefined when it can. */
export const straceMissing = tried.status === 0 ? undefined : `strace: ${tried.error?.message ?? tried.stderr}`;

/**
 * The command line that runs a program under strace, for the calls that touch this home alone.
 * @param inject what to do to which call, such as `fsync:error=EIO:when=1`
 */
export function strace(home: string, log: string, inject?: string): string[] {
  const files = ['', 'ledger.json', 'ledger.json.new', 'ledger.lock'].flatMap((name) => ['-P', join(home, name)]);
  return ['strace', '-f', '-qq', '-o', log, ...files, ...(inject ? ['-e', `inject=${inject}`] : [])];
}
