import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Prepared } from '../windows/netsh-points.ts';

const file = join(import.meta.dirname, '../../build/live/prepared.json');

/** What run-as-ordinary-user.ps1 made before it started this as another user; undefined where it was not that. */
export const prepared = (): Prepared | undefined =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')) as Prepared) : undefined;
