// The time that packages carry, so that they are the same bytes whenever they are made.
import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** By SOURCE_DATE_EPOCH, else that of the commit; outside a checkout it is none in particular. */
export function sourceDate() {
  const { SOURCE_DATE_EPOCH } = process.env;
  if (/^\d+$/.test(SOURCE_DATE_EPOCH ?? '')) return new Date(Number(SOURCE_DATE_EPOCH) * 1000);
  try {
    const options = { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    return new Date(Number(execFileSync('git', ['log', '-1', '--format=%ct'], options)) * 1000);
  } catch {
    return new Date(Date.UTC(2026, 0, 1));
  }
}
